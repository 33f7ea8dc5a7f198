import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { EngineError, isEngineError } from '../../../src/engine/base/errors.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import { indexLayer } from '../../../src/engine/layers/indexLayer.ts';
import type { LayerIndex } from '../../../src/engine/layers/layerIndex.ts';
import { LayerIndexes, type LayerState } from '../../../src/engine/layers/layerIndexes.ts';
import type { Digest, DiffId } from '../../../src/engine/oci/digest.ts';
import { BlobCache } from '../../../src/engine/sources/blobCache.ts';
import { buildImage, type BuiltLayer } from '../../support/buildImage.ts';
import { FarBlob, type FarBlobOptions } from '../../support/farBlob.ts';
import { type TempDir, tempDir } from '../../support/tempDir.ts';

const layer = layerOf({ 'etc/motd': 'hello', 'etc/issue': 'x' });
const other = layerOf({ 'usr/bin/tool': 'binary' });

describe('indexes of layers that lie elsewhere', () => {
  it('are built from what is fetched once, and found without a fetch from then on', async () => {
    const place = new Place();
    const far = place.far(layer);
    const key = await place.indexes.keyOf(layer.diffId, far);
    const [one, two] = await Promise.all([place.indexes.get(key, far), place.indexes.get(key, far)]);
    assert.equal(one, two);
    assert.deepEqual([far.fetches, place.builds], [1, 1]);
    await place.cache.clear();
    const again = place.newIndexes();
    assert.equal(namesOf(await again.get(await again.keyOf(layer.diffId, far), far)), namesOf(one));
    assert.deepEqual([far.fetches, place.builds], [1, 1]);
    assert.equal(await again.knows(layer.diffId, far.identity), true);
    assert.equal(await again.knows(other.diffId, place.far(other).identity), false);
  });

  it('need no fetch where an archive had the same blob', async () => {
    const place = new Place();
    await place.index(layer.diffId, place.put(layer.blob));
    const far = place.far(layer);
    assert.equal(namesOf(await place.index(layer.diffId, far)), 'etc');
    assert.equal(far.fetches, 0);
  });

  it('are one with those of the same bytes in an archive', async () => {
    const place = new Place();
    const far = place.far(layer);
    await place.index(layer.diffId, far);
    await place.index(layer.diffId, place.put(layer.blob));
    assert.equal(place.builds, 1);
    assert.equal((await place.indexes.usage()).files, 1);
  });

  it('need no fetch from an engine that has checked a diffID which was measured here', async () => {
    const place = new Place();
    await place.index(layer.diffId, place.put(layer.blob));
    const far = place.far(layer, { identity: `engine ABCD ${layer.diffId}` });
    assert.equal(namesOf(await place.index(layer.diffId, far)), 'etc');
    assert.equal(far.fetches, 0);
  });

  it('tell fetching from reading', async () => {
    const place = new Place();
    const far = place.far(layer);
    const key = await place.indexes.keyOf(layer.diffId, far);
    const phases = new Set<string>();
    const states: LayerState[] = [];
    place.indexes.onDidChange((changed) => {
      const state = place.indexes.state(changed);
      if (changed !== key || state.kind !== 'reading') return;
      phases.add(state.phase ?? 'none');
      states.push(state);
    });
    let reports = 0;
    await place.indexes.get(key, far, { onProgress: () => reports++ });
    assert.deepEqual([...phases], ['fetching', 'indexing']);
    assert.deepEqual(states[0], { kind: 'reading', phase: 'fetching', done: 0, total: far.size });
    assert.ok(reports > 0);
    assert.deepEqual(place.indexes.state(key), { kind: 'ready' });
  });

  it('are given up when the last who waits has cancelled, and not before', async () => {
    const place = new Place();
    const far = place.far(layer);
    let open: () => void = () => undefined;
    far.gate = new Promise((resolve) => (open = resolve));
    const key = await place.indexes.keyOf(layer.diffId, far);
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(({ signal }) => place.indexes.get(key, far, { signal }));
    while (far.fetches === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    one.abort();
    await assert.rejects(waiting[0]!, (error) => isEngineError(error, 'cancelled'));
    open();
    assert.equal(namesOf(await waiting[1]!), 'etc');
    assert.equal(far.fetches, 1);
  });

  it('start again after all have cancelled', async () => {
    const place = new Place();
    const far = place.far(layer);
    let open: () => void = () => undefined;
    far.gate = new Promise((resolve) => (open = resolve));
    const key = await place.indexes.keyOf(layer.diffId, far);
    const abort = new AbortController();
    const waiting = place.indexes.get(key, far, { signal: abort.signal });
    while (far.fetches === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await assert.rejects(waiting, (error) => isEngineError(error, 'cancelled'));
    open();
    far.gate = undefined;
    assert.equal(namesOf(await place.indexes.get(key, far)), 'etc');
    assert.equal(far.fetches, 2);
  });

  it('fail with what the fetch failed with, and come the next time', async () => {
    const place = new Place();
    const far = place.far(layer);
    far.failure = new EngineError('unreachable', 'far', 'nobody answers');
    const key = await place.indexes.keyOf(layer.diffId, far);
    await assert.rejects(place.indexes.get(key, far), (error) => isEngineError(error, 'unreachable'));
    assert.equal(place.indexes.state(key).kind, 'failed');
    far.failure = undefined;
    assert.equal(namesOf(await place.indexes.get(key, far)), 'etc');
  });

  it('do not take a broken transfer for a damaged layer', async () => {
    const place = new Place();
    const far = place.far(layer);
    far.failure = new EngineError('truncated', 'far', 'the connection ended');
    await assert.rejects(place.index(layer.diffId, far), (error) => isEngineError(error, 'unreachable'));
  });

  it('are never built from bytes that are not those of the digest', async () => {
    const place = new Place();
    const far = place.far(layer);
    far.bytes = Buffer.from(layer.blob);
    far.bytes.writeUInt8(far.bytes.readUInt8(20) ^ 1, 20);
    await assert.rejects(place.index(layer.diffId, far), (error) => isEngineError(error, 'digest-mismatch'));
    assert.equal(place.builds, 0);
    far.bytes = layer.blob;
    assert.equal(namesOf(await place.index(layer.diffId, far)), 'etc');
  });

  it('are fetched once more when theirs on disk is damaged, and then found again', async () => {
    const place = new Place();
    const far = place.far(layer);
    await place.index(layer.diffId, far);
    for (const name of readdirSync(place.directory).filter((each) => each.endsWith('.index'))) {
      chmodSync(`${place.directory}/${name}`, 0o600);
      writeFileSync(`${place.directory}/${name}`, 'no index');
    }
    const again = place.newIndexes();
    assert.equal(namesOf(await again.get(await again.keyOf(layer.diffId, far), far)), 'etc');
    const third = place.newIndexes();
    assert.equal(namesOf(await third.get(await third.keyOf(layer.diffId, far), far)), 'etc');
    assert.equal(place.builds, 2);
  });
});

/** Each claim that an image can make and that was not checked; none of them may show its tree in another's place. */
describe('what an image claims and nobody has checked', () => {
  it('a diffID: an image that claims another layer’s leaves nothing under it for engines', async () => {
    const place = new Place();
    await place.index(layer.diffId, place.put(other.blob));
    const far = place.far(layer, { identity: `engine ABCD ${layer.diffId}` });
    assert.equal(namesOf(await place.index(layer.diffId, far)), 'etc');
    assert.equal(far.fetches, 1);
  });

  it('a digest: only the one that was measured is left', async () => {
    const place = new Place();
    // The manifest that names `layer.digest` for these bytes is not even asked.
    await place.index(layer.diffId, place.put(other.blob));
    const far = place.far(layer);
    assert.equal(namesOf(await place.index(layer.diffId, far)), 'etc');
    assert.equal(far.fetches, 1);
    const honest = place.far(other);
    assert.equal(namesOf(await place.index(other.diffId, honest)), 'usr');
    assert.equal(honest.fetches, 0);
  });

  it('a registry’s config: a diffID that is known shows nothing in place of its own blob', async () => {
    const place = new Place();
    await place.index(layer.diffId, place.put(layer.blob));
    const lying = place.far(other);
    assert.equal(namesOf(await place.index(layer.diffId, lying)), 'usr');
    assert.equal(lying.fetches, 1);
  });

  it('one engine’s word holds for its own layers alone', async () => {
    const place = new Place();
    const lying = place.far(other, { identity: `engine LIAR ${layer.diffId}` });
    assert.equal(namesOf(await place.index(layer.diffId, lying)), 'usr');
    const honest = place.far(layer, { identity: `engine GOOD ${layer.diffId}` });
    assert.equal(namesOf(await place.index(layer.diffId, honest)), 'etc');
    const registry = place.far(layer);
    assert.equal(namesOf(await place.index(layer.diffId, registry)), 'etc');
  });

  it('a large blob’s digest counts where it was hashed on the way in, and while it is sound', async () => {
    const large = layerOf({ 'large/file': Buffer.alloc(17 * 2 ** 20, 'x') }, 'plain');
    for (const [bytes, digest, found] of [
      [large.blob, large.digest, 0],
      [large.blob, undefined, 1],
      [large.blob.subarray(0, 1_000_000), large.digest, 1],
    ] as const) {
      const place = new Place(digest);
      const location = { ...place.put(bytes), size: large.blob.length };
      await place.index(large.diffId, location);
      const far = place.far(large);
      assert.equal((await place.index(large.diffId, far)).isComplete, true);
      assert.equal(far.fetches, found);
      const engines = place.far(large, { identity: `engine ABCD ${large.diffId}` });
      await place.index(large.diffId, engines);
      // A plain tar's digest is its diffID.
      assert.equal(engines.fetches, found);
    }
  }).timeout(20_000);
});

/** One installation. */
class Place {
  readonly folder: TempDir = tempDir();
  readonly directory = this.folder.file('indexes');
  readonly cache = new BlobCache({ directory: this.folder.file('fetched') });
  builds = 0;
  readonly #vouched: Digest | undefined;
  readonly indexes: LayerIndexes;
  #files = 0;

  /** @param vouched the digest that the place of a file speaks for. */
  constructor(vouched?: Digest) {
    this.#vouched = vouched;
    this.indexes = this.newIndexes();
  }

  newIndexes(): LayerIndexes {
    return new LayerIndexes({
      directory: this.directory,
      log: silentLogger,
      vouchedDigest: ({ file }) => (file.includes('fetched') ? undefined : this.#vouched),
      build: (blob, destination, options) => {
        this.builds++;
        return indexLayer(blob, destination, {
          ...options,
          onProgress: options.onProgress ?? (() => undefined),
        });
      },
    });
  }

  async index(diffId: DiffId, blob: Parameters<LayerIndexes['keyOf']>[1]): Promise<LayerIndex> {
    return this.indexes.get(await this.indexes.keyOf(diffId, blob), blob);
  }

  far(built: BuiltLayer, options?: FarBlobOptions): FarBlob {
    return new FarBlob(built.blob, this.cache, options);
  }

  put(bytes: Buffer): { file: string; offset: number; size: number } {
    const file = this.folder.file(`blob-${++this.#files}`);
    writeFileSync(file, bytes);
    return { file, offset: 0, size: bytes.length };
  }
}

function layerOf(
  literal: Readonly<Record<string, string | Buffer>>,
  compression: 'gzip' | 'plain' = 'gzip',
): BuiltLayer {
  return buildImage([literal], { compression }).layers[0]!;
}

/** The names in a layer's root. */
function namesOf(index: LayerIndex): string {
  const first = index.firstChild(0);
  return Array.from({ length: index.childCount(0) }, (_, at) => index.name(first + at)).join(' ');
}
