import assert from 'node:assert/strict';
import { digestOf } from '../../src/engine/oci/digest.ts';
import type { RegistryClient } from '../../src/engine/sources/registry/registryClient.ts';
import type { BuiltImage } from '../support/buildImage.ts';
import { collect, failure } from '../support/registryClients.ts';

/** A repository that holds an image under a tag. */
export interface ReadableRepository {
  readonly client: RegistryClient;
  readonly path: string;
  readonly tag: string;
  readonly image: BuiltImage;
}

/**
 * What every registry answers to who reads: the reading cases of the distribution-spec's conformance suite. It is run at a
 * real registry and at the one in this process, so that what tests see there is what registries do.
 */
export function describeRegistryReads(repository: () => ReadableRepository): void {
  const absent = digestOf(Buffer.from('nowhere'));

  it('give a manifest by tag and by digest, and the same facts without it', async () => {
    const { client, path, tag, image } = repository();
    const { manifest, mediaType, manifestDigest: digest } = image;
    for (const reference of [tag, digest]) {
      const got = await client.getManifest(path, reference);
      assert.deepEqual([Buffer.from(got.bytes), got.mediaType, got.digest], [manifest, mediaType, digest]);
      const head = await client.headManifest(path, reference);
      assert.deepEqual(head, { mediaType, digest, size: manifest.length });
    }
  });

  it('give a blob, and its size without it', async () => {
    const { client, path, image } = repository();
    for (const bytes of [image.config, ...image.layers.map(({ blob }) => blob)]) {
      const digest = digestOf(bytes);
      assert.deepEqual(await client.headBlob(path, digest), { size: bytes.length, hasRanges: true });
      const stream = await client.getBlob(path, digest);
      assert.deepEqual([stream.isPartial, stream.start, stream.totalSize], [false, 0, bytes.length]);
      assert.deepEqual(Buffer.concat(await collect(stream.body)), Buffer.from(bytes));
    }
  });

  it('give ranges: first, middle, last, open', async () => {
    const { client, path, image } = repository();
    const { digest, bytes, size } = largestLayer(image);
    for (const [start, end] of [
      [0, 1],
      [0, size],
      [size >> 2, size >> 1],
      [size - 1, size],
      [size - 1000, Infinity],
    ] as const) {
      const stream = await client.getBlob(path, digest, { start, end });
      assert.deepEqual([stream.isPartial, stream.start, stream.totalSize], [true, start, size]);
      assert.deepEqual(Buffer.concat(await collect(stream.body)), bytes.subarray(start, end));
    }
  });

  it('end a range with the blob, and refuse one that begins there', async () => {
    const { client, path, image } = repository();
    const { digest, bytes, size } = largestLayer(image);
    const { body } = await client.getBlob(path, digest, { start: size - 10, end: size + 100_000 });
    assert.deepEqual(Buffer.concat(await collect(body)), bytes.subarray(size - 10));
    await failure(client.getBlob(path, digest, { start: size, end: size + 1 }), 'size-mismatch');
  });

  it('say what is not there', async () => {
    const { client, path, tag } = repository();
    assert.equal(await client.headBlob(path, absent), undefined);
    await failure(client.getBlob(path, absent), 'not-found');
    await failure(client.getManifest(path, absent), 'not-found');
    await failure(client.getManifest(path, 'absent'), 'not-found');
    await failure(client.headManifest(path, 'absent'), 'not-found');
    await failure(client.getManifest('no/such', tag), 'not-found');
    await failure(collect(client.tags('no/such')), 'not-found');
  });
}

function largestLayer({ layers }: BuiltImage) {
  const [largest] = layers.toSorted((a, b) => b.blob.length - a.blob.length);
  assert.ok(largest !== undefined && largest.blob.length > 2000);
  return { digest: largest.digest, bytes: Buffer.from(largest.blob), size: largest.blob.length };
}
