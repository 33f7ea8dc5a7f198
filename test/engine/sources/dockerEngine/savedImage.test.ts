import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, isEngineError } from '../../../../src/engine/base/errors.ts';
import type { Descriptor } from '../../../../src/engine/oci/descriptor.ts';
import { type Digest, type DiffId, digestOf } from '../../../../src/engine/oci/digest.ts';
import { BlobCache } from '../../../../src/engine/sources/blobCache.ts';
import { findDocuments } from '../../../../src/engine/sources/dockerEngine/knownDocuments.ts';
import {
  type LayerOutcome,
  SavedImage,
  type SavedImageWishes,
} from '../../../../src/engine/sources/dockerEngine/savedImage.ts';
import { readTarStream } from '../../../../src/engine/sources/dockerEngine/tarStream.ts';
import { type BuiltImage, buildImage, compress, type Compression } from '../../../support/buildImage.ts';
import { FaultyDisk } from '../../../support/faultyDisk.ts';
import { Random } from '../../../support/random.ts';
import type { TarEntrySpec } from '../../../support/tarBytes.ts';
import { tempDir } from '../../../support/tempDir.ts';
import { dockerArchiveBytes, type DockerArchiveShape } from '../../../support/writeDockerArchive.ts';

/** How engines send an image: the shape of the archive, how layers are stored, and what the image is known by. */
const engines: readonly (readonly [DockerArchiveShape, Compression, 'config' | 'manifest'])[] = [
  ['legacy', 'plain', 'config'],
  ['modern', 'plain', 'config'],
  ['podman', 'plain', 'config'],
  ['containerd', 'plain', 'manifest'],
  ['containerd', 'gzip', 'manifest'],
  ['containerd', 'zstd', 'manifest'],
];

const incompressible = Buffer.from(
  Array.from(
    { length: 300_000 },
    (
      (random) => () =>
        random.below(256)
    )(new Random(7)),
  ),
);

function imageOf(compression: Compression): BuiltImage {
  const layers = [{ 'etc/motd': 'hello' }, { 'usr/big': incompressible }, { 'etc/.wh.motd': '' }];
  return buildImage(layers, { compression, names: ['docker.io/library/x:1'] });
}

describe('An image out of a save stream', () => {
  for (const [shape, compression, root] of engines)
    describe(`of the shape ${shape}, its layers ${compression}`, () => {
      const image = imageOf(compression);
      const archive = dockerArchiveBytes(image, { shape });

      it('comes whole, in pieces of any size', async () => {
        for (let seed = 1; seed <= 12; seed++) {
          const saved = await save(pieces(archive, seed), wishesFor(image, root));
          requireLayers(saved, image);
          assert.ok(saved.isLearned);
          const documents = await findDocuments(saved.cache, rootOf(image, root), undefined);
          assert.equal(textOf(documents?.config), textOf(image.config));
          if (root === 'manifest') assert.equal(textOf(documents?.manifest?.bytes), textOf(image.manifest));
        }
      });

      it('leaves nothing but the layers that are wanted', async () => {
        for (const { diffId } of image.layers) {
          const saved = await save([archive], wishesFor(image, root, [diffId]));
          assert.deepEqual([...saved.outcomes.keys()], [diffId]);
          assert.equal(saved.files('blob').length, 1);
        }
      });

      it('keeps only what is whole when it breaks off', async () => {
        for (let cut = 0; cut < archive.length - 1024; cut += 7001 + (cut % 501)) {
          const saved = await save(pieces(archive.subarray(0, cut), cut), wishesFor(image, root));
          // What is cut off may be of no use.
          if (saved.failure === undefined) requireLayers(saved, image);
          else assert.ok(isEngineError(saved.failure, 'truncated'), `cut at ${cut}`);
          assert.deepEqual([...saved.files('draft'), ...saved.files('part'), ...saved.files('tmp')], []);
          for (const [diffId, outcome] of saved.outcomes) requireLayer(image, diffId, outcome);
        }
      });

      it('says of a layer alone that its bytes are other ones', async () => {
        const [, big] = image.layers;
        const damaged = dockerArchiveBytes(image, { shape, change: damaging(big?.blob) });
        const saved = await save([damaged], wishesFor(image, root));
        const outcome = saved.outcomes.get(big?.diffId ?? '');
        assert.ok(isEngineError(outcome, 'digest-mismatch'));
        for (const { diffId } of image.layers)
          if (diffId !== big?.diffId) requireLayer(image, diffId, saved.outcomes.get(diffId));
      });

      it('says which layer did not come', async () => {
        const [, big] = image.layers;
        const without = dockerArchiveBytes(image, { shape, change: (all) => all.filter(isNot(big?.blob)) });
        const saved = await save([without], wishesFor(image, root));
        assert.ok(isEngineError(saved.outcomes.get(big?.diffId ?? ''), 'not-found'));
        assert.equal(saved.outcomes.size, 3);
      });

      it('keeps every blob when it is to be moved on', async () => {
        const saved = await save([archive], { ...wishesFor(image, root), wanted: [], keepsAll: true });
        const digests = [image.config, ...image.layers.map(({ blob }) => blob)].map(digestOf);
        for (const digest of digests) assert.ok(await saved.cache.whole(digest), digest);
        if (root === 'manifest') assert.ok(await saved.cache.whole(image.manifestDigest));
      });

      it('takes the whole archive in any order', async () => {
        const random = new Random(3);
        for (let round = 0; round < 10; round++) {
          const change = (all: readonly TarEntrySpec[]): TarEntrySpec[] =>
            all
              .map((each) => [random.next(), each] as const)
              .sort(([a], [b]) => a - b)
              .map(([, each]) => each);
          const saved = await save([dockerArchiveBytes(image, { shape, change })], wishesFor(image, root));
          requireLayers(saved, image);
        }
      });

      it('says that the disk is full, and leaves nothing half', async () => {
        const probe = new FaultyDisk();
        await save([archive], wishesFor(image, root), probe);
        const writes = probe.calls.filter((call) => call === 'write');
        for (const at of writes.keys()) {
          const disk = new FaultyDisk({ at: at + 1, of: 'write', kind: 'ENOSPC' });
          const saved = await save([archive], wishesFor(image, root), disk);
          assert.ok(disk.isHit);
          assert.ok(isEngineError(saved.failure, 'no-space'), String(saved.failure));
          assert.deepEqual([...saved.files('draft'), ...saved.files('tmp')], []);
        }
      });
    });

  it('has a layer once that the image has twice', async () => {
    const image = buildImage([{ a: '1' }, { b: '2' }, { a: '1' }]);
    for (const shape of ['legacy', 'modern', 'podman'] as const) {
      const saved = await save([dockerArchiveBytes(image, { shape })], wishesFor(image, 'config'));
      assert.equal(saved.outcomes.size, 2);
      assert.equal(saved.files('blob').length, 2);
    }
  });

  it('is left as soon as nothing more of it is wanted', async () => {
    const image = imageOf('gzip');
    const archive = dockerArchiveBytes(image, { shape: 'containerd', change: documentsFirst });
    const [first] = image.layers;
    let taken = 0;
    const whenTold = new EventEmitter();
    const told = once(whenTold, 'told');
    const counted = (async function* () {
      for (const piece of pieces(archive, 5)) {
        // The layer that has come is checked and written beside the stream, however fast that flows.
        if (taken > archive.length / 3) await Promise.race([told, delay(10_000, undefined, { ref: false })]);
        taken += piece.length;
        yield piece;
      }
    })();
    const wishes = wishesFor(image, 'manifest', first && [first.diffId]);
    const saved = await save(counted, wishes, undefined, () => whenTold.emit('told'));
    requireLayer(image, first?.diffId ?? '', saved.outcomes.get(first?.diffId ?? ''));
    assert.ok(taken < archive.length / 2, `${taken} of ${archive.length} bytes`);
  });

  it('tells what an engine says in the place of the rest', async () => {
    const archive = dockerArchiveBytes(imageOf('plain'), { shape: 'modern' });
    const words = '{"errorDetail":{"message":"open /x: \\"no\\" such file"},"error":"…"}\r\n';
    const stream = [archive.subarray(0, 5120), Buffer.from(words)];
    const saved = await save(stream, wishesFor(imageOf('plain'), 'config'));
    assert.ok(isEngineError(saved.failure, 'refused'), String(saved.failure));
    assert.match(saved.failure.message, /open \/x: "no" such file/);
  });

  it('does not believe a manifest that gives another layer the name of one that is wanted', async () => {
    const honest = imageOf('gzip');
    const liar = buildImage([{ 'etc/motd': 'evil' }], {
      compression: 'gzip',
      config: { rootfs: { type: 'layers', diff_ids: [honest.layers[0]?.diffId] } },
    });
    const wanted = honest.layers.slice(0, 1).map(({ diffId }) => diffId);
    const wishes = { ...wishesFor(liar, 'manifest', wanted), layers: wanted };
    const saved = await save([dockerArchiveBytes(liar, { shape: 'containerd' })], wishes);
    assert.ok(isEngineError(saved.outcomes.get(wanted[0] ?? ''), 'digest-mismatch'));
    assert.deepEqual(saved.files('blob'), []);
  });
});

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

interface Saved {
  readonly cache: BlobCache;
  readonly outcomes: ReadonlyMap<string, LayerOutcome>;
  readonly isLearned: boolean;
  readonly failure: unknown;
  files(kind: string): readonly string[];
}

async function save(
  stream: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  wishes: SavedImageWishes,
  disk?: FaultyDisk,
  onTold?: () => void,
): Promise<Saved> {
  const directory = tempDir().path;
  const cache = new BlobCache({ directory, ...(disk && { disk }) });
  const outcomes = new Map<string, LayerOutcome>();
  const image = new SavedImage(cache, wishes, (diffId, outcome) => {
    assert.ok(!outcomes.has(diffId), 'told once');
    outcomes.set(diffId, outcome);
    onTold?.();
  });
  let failure: unknown;
  try {
    await readTarStream(asStream(stream), image, 'engine');
    await image.finish();
  } catch (error) {
    failure = error;
    await image.discard();
  }
  const files = (kind: string): readonly string[] =>
    readdirSync(directory).filter((each) => each.endsWith(`.${kind}`));
  return { cache, outcomes, isLearned: image.isLearned, failure, files };
}

async function* asStream(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

function* pieces(bytes: Buffer, seed: number): Generator<Buffer> {
  const random = new Random(seed);
  for (let at = 0; at < bytes.length;) {
    const length = random.pick([1, 100, 511, 512, 513, 5000, 65_536]);
    yield Buffer.from(bytes.subarray(at, at + length));
    at += length;
  }
}

function wishesFor(
  image: BuiltImage,
  root: 'config' | 'manifest',
  wanted?: readonly DiffId[],
): SavedImageWishes {
  const layers = image.layers.map(({ diffId }) => diffId);
  const digest = root === 'config' ? (image.imageId as string as Digest) : image.manifestDigest;
  return { root: digest, layers, wanted: wanted ?? layers, passedOver: [], keepsAll: false };
}

function rootOf(image: BuiltImage, root: 'config' | 'manifest'): Digest | Descriptor {
  if (root === 'config') return image.imageId as string as Digest;
  return { mediaType: image.mediaType, digest: image.manifestDigest, size: image.manifest.length };
}

function requireLayers({ outcomes, failure }: Saved, image: BuiltImage): void {
  assert.equal(failure, undefined);
  assert.equal(outcomes.size, image.layers.length);
  for (const { diffId } of image.layers) requireLayer(image, diffId, outcomes.get(diffId));
}

function requireLayer(image: BuiltImage, diffId: string, outcome: LayerOutcome | undefined): void {
  const layer = image.layers.find((each) => each.diffId === diffId);
  assert.ok(outcome !== undefined && !(outcome instanceof EngineError), diffId);
  assert.equal(outcome.digest, layer?.digest);
  assert.ok(outcome.location !== undefined);
  assert.ok(readFileSync(outcome.location.file).equals(layer?.blob ?? Buffer.alloc(0)));
}

function isNot(content: Uint8Array | undefined): (entry: TarEntrySpec) => boolean {
  return (entry) =>
    entry.content === undefined ||
    content === undefined ||
    !Buffer.from(content).equals(Buffer.from(entry.content));
}

/** Other bytes of the same kind in the place of a blob. */
function damaging(blob: Uint8Array | undefined): (all: readonly TarEntrySpec[]) => readonly TarEntrySpec[] {
  const isBlob = isNot(blob);
  const packing: Compression = blob?.[0] === 0x1f ? 'gzip' : blob?.[0] === 0x28 ? 'zstd' : 'plain';
  const other = compress(Buffer.concat([Buffer.alloc(2048, 0x20), incompressible]), packing);
  return (all) => all.map((entry) => (isBlob(entry) ? entry : { ...entry, content: other }));
}

function documentsFirst(all: readonly TarEntrySpec[]): readonly TarEntrySpec[] {
  const length = ({ content = '' }: TarEntrySpec): number => content.length;
  return [...all].sort((a, b) => length(a) - length(b));
}
