import assert from 'node:assert/strict';
import { bringHere } from '../../src/engine/archive/remoteBlob.ts';
import { readBlob } from '../../src/engine/archive/readBlob.ts';
import { digestOf, parseDigest } from '../../src/engine/oci/digest.ts';
import { toImage } from '../../src/engine/sources/image.ts';
import type { ImageSource } from '../../src/engine/sources/imageSource.ts';
import type { BuiltImage } from '../support/buildImage.ts';

export interface ImageSourceUnderTest {
  /** Opens the source anew. */
  readonly open: () => Promise<ImageSource>;
  /** The images it was made of, in its order, names included. */
  readonly images: readonly BuiltImage[];
  /** Whether it keeps the manifests, and layers by their digests. */
  readonly hasManifests: boolean;
  /** Whether layers are stored as the images have them, or unpacked. */
  readonly keepsLayers: boolean;
  /** Whether it writes names down. */
  readonly keepsNames: boolean;
}

/** What a source promises whatever its form. */
export function describeImageSource(name: string, made: ImageSourceUnderTest): void {
  describe(`image source: ${name}`, () => {
    it('lists its images in order, the same each time', async () => {
      await using source = await made.open();
      const entries = await source.list();
      assert.deepEqual(source.problems, []);
      assert.deepEqual(
        entries.map(({ position, problems, attachments }) => ({ position, problems, attachments })),
        made.images.map((_, position) => ({ position, problems: [], attachments: [] })),
      );
      if (made.keepsNames)
        assert.deepEqual(
          entries.map(({ names }) => names),
          made.images.map(({ names }) => names),
        );
      assert.deepEqual(await source.list(), entries);
    });

    it('says the platform of each and that it is here', async () => {
      await using source = await made.open();
      for (const [at, { variants }] of (await source.list()).entries()) {
        assert.equal(variants.length, 1);
        assert.deepEqual(variants[0]?.platform, made.images[at]?.platform);
        assert.equal(variants[0]?.isAvailable, true);
      }
    });

    it('gives configs and layers byte for byte, lowest first', async () => {
      await using source = await made.open();
      for (const [at, entry] of (await source.list()).entries()) {
        const built = made.images[at]!;
        const core = await source.resolve(entry, entry.variants[0]!);
        assert.deepEqual(core.problems, []);
        assert.deepEqual(Buffer.from(core.configBytes!), built.config);
        const layers = await Promise.all(
          core.layers.map(({ location }) => readBlob(location!, 1e8, 'a layer')),
        );
        assert.deepEqual(
          layers.map(digestOf),
          built.layers.map(({ digest, diffId }) => (made.keepsLayers ? digest : diffId)),
        );
      }
    });

    it('makes whole images: identity, stacks, history beside layers', async () => {
      await using source = await made.open();
      for (const [at, entry] of (await source.list()).entries()) {
        const built = made.images[at]!;
        const variant = entry.variants[0]!;
        const image = toImage(source, entry, variant, await source.resolve(entry, variant));
        assert.equal(image.imageId, built.imageId);
        assert.deepEqual(image.problems, []);
        assert.deepEqual(
          image.layers.map(({ diffId, history }) => ({ diffId, createdBy: history?.createdBy })),
          built.layers.map(({ diffId }, layer) => ({
            diffId,
            createdBy: `COPY layer-${layer} / # buildkit`,
          })),
        );
        assert.equal(image.layers.at(-1)?.chainId?.length, 71);
        assert.match(image.id, /^[0-9a-f]{32}$/);
      }
    });

    it('gives an image the same id each time, and each image its own', async () => {
      const ids = await Promise.all([idsOf(made.open), idsOf(made.open)]);
      assert.deepEqual(ids[0], ids[1]);
      assert.equal(new Set(ids[0]).size, made.images.length);
    });

    it('finds blobs by digest, and no other', async () => {
      await using source = await made.open();
      assert.equal(await source.locate(parseDigest(`sha256:${'0'.repeat(64)}`)), undefined);
      for (const built of made.images) {
        const wanted = [built.config, ...(made.hasManifests ? built.layers.map(({ blob }) => blob) : [])];
        for (const bytes of wanted) {
          const location = await source.locate(digestOf(bytes));
          assert.deepEqual(await readBlob(await bringHere(location!), 1e8, 'a blob'), bytes);
        }
      }
    });

    if (made.hasManifests)
      it('gives manifests as they are', async () => {
        await using source = await made.open();
        for (const [at, entry] of (await source.list()).entries()) {
          const core = await source.resolve(entry, entry.variants[0]!);
          assert.deepEqual(Buffer.from(core.manifest!.bytes), made.images[at]!.manifest);
          assert.equal(core.manifest!.descriptor.digest, made.images[at]!.manifestDigest);
          assert.equal(entry.target?.digest, made.images[at]!.manifestDigest);
        }
      });

    it('stops listing when it is told so, and lists afterwards', async () => {
      await using source = await made.open();
      const signal = AbortSignal.abort();
      const entries = await source.list({ signal }).catch((error: unknown) => {
        assert.equal((error as { code?: string }).code, 'cancelled');
        return source.list();
      });
      assert.equal(entries.length, made.images.length);
    });
  });
}

async function idsOf(open: () => Promise<ImageSource>): Promise<readonly string[]> {
  await using source = await open();
  const ids: string[] = [];
  for (const entry of await source.list()) {
    const variant = entry.variants[0]!;
    ids.push(toImage(source, entry, variant, await source.resolve(entry, variant)).id);
  }
  return ids;
}
