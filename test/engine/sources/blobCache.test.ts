import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readBlob } from '../../../src/engine/archive/readBlob.ts';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { BlobCache } from '../../../src/engine/sources/blobCache.ts';
import { fillBlob } from '../../../src/engine/sources/fillBlob.ts';
import { FaultyDisk, type FaultKind } from '../../support/faultyDisk.ts';
import { arriving, bring, farBlob } from '../../support/fetchedBlobs.ts';
import { Random } from '../../support/random.ts';
import { tempDir } from '../../support/tempDir.ts';

const blob = farBlob(1);
const digest = digestOf(blob);
const identity = `blob ${digest}`;
const claim = { digest, size: blob.length };

function newCache(options: { maxBytes?: number; graceMs?: number } = {}): BlobCache {
  return new BlobCache({ directory: tempDir().file('fetched', 'v1'), ...options });
}

async function requireWhole(cache: BlobCache): Promise<void> {
  const location = await cache.whole(identity);
  assert.ok(location);
  assert.ok((await readBlob(location, 2 ** 30, 'blob')).equals(blob));
}

describe('the cache of what was fetched', () => {
  it('gives a blob under its identity and its digest once it is whole and checked', async () => {
    const cache = newCache();
    assert.equal(await cache.whole(identity), undefined);
    const { location, movedBytes } = await bring(cache, blob);
    assert.equal(movedBytes, blob.length);
    assert.deepEqual(await cache.whole(digest), location);
    assert.equal((await stat(location.file)).mode & 0o777, 0o444);
    await requireWhole(cache);
    assert.equal((await bring(cache, blob)).movedBytes, 0);
  });

  it('goes on with what was brought before a transfer broke', async () => {
    const cache = newCache();
    const broken = fillBlob(cache, identity, claim, (from) =>
      Promise.resolve({ from, bytes: failingAfter(200_000) }),
    );
    await assert.rejects(broken, /the wire/);
    assert.equal(await cache.whole(identity), undefined);
    let presentBytes: number | undefined;
    const filled = await fillBlob(
      cache,
      identity,
      claim,
      (from) => Promise.resolve({ from, bytes: arriving(blob, from) }),
      { onProgress: ({ done }) => (presentBytes ??= done) },
    );
    assert.ok(presentBytes !== undefined && presentBytes >= 196_608, `${presentBytes} bytes were kept`);
    assert.equal(filled.resumedAt, presentBytes);
    assert.equal(filled.movedBytes, blob.length - presentBytes);
    await requireWhole(cache);
    assert.equal((await readdir(cache.directory)).length, 1);
  });

  it('begins anew where a place cannot go on in the middle', async () => {
    const cache = newCache();
    await leavePart(cache, blob.subarray(0, 100_000));
    const { movedBytes } = await fillBlob(cache, identity, claim, () =>
      Promise.resolve({ from: 0, bytes: arriving(blob) }),
    );
    assert.equal(movedBytes, blob.length);
    await requireWhole(cache);
  });

  it('brings the whole once more when the beginning it had was wrong', async () => {
    const cache = newCache();
    await leavePart(cache, Buffer.alloc(100_000));
    const froms: number[] = [];
    await fillBlob(cache, identity, claim, (from) => {
      froms.push(from);
      return Promise.resolve({ from, bytes: arriving(blob, from) });
    });
    assert.deepEqual(froms, [100_000, 0]);
    await requireWhole(cache);
  });

  it('never shows bytes that are not what the digest says, nor goes on with them', async () => {
    const cache = newCache();
    const wrong = Buffer.from(blob);
    wrong[5] = ~wrong[5]!;
    const fetched = fillBlob(cache, identity, claim, (from) =>
      Promise.resolve({ from, bytes: arriving(wrong, from) }),
    );
    await assert.rejects(fetched, (error) => isEngineError(error, 'digest-mismatch'));
    assert.equal(await cache.whole(identity), undefined);
    assert.deepEqual(await readdir(cache.directory), []);
  });

  it('stops at the claimed size, and knows when it was not reached', async () => {
    const cache = newCache();
    const endless = fillBlob(cache, identity, claim, (from) =>
      Promise.resolve({ from, bytes: arriving(Buffer.concat([blob, blob]), from) }),
    );
    await assert.rejects(endless, (error) => isEngineError(error, 'size-mismatch'));
    const other = newCache();
    const short = fillBlob(other, identity, claim, (from) =>
      Promise.resolve({ from, bytes: arriving(blob, from, 1000) }),
    );
    await assert.rejects(short, (error) => isEngineError(error, 'truncated'));
  });

  it('can be cancelled, and goes on from there', async () => {
    const cache = newCache();
    const abort = new AbortController();
    const fetched = fillBlob(
      cache,
      identity,
      claim,
      (from) => Promise.resolve({ from, bytes: arriving(blob, from) }),
      {
        signal: abort.signal,
        onProgress: ({ done }) => {
          if (done > 100_000) abort.abort();
        },
      },
    );
    await assert.rejects(fetched, (error) => isEngineError(error, 'cancelled'));
    assert.ok((await bring(cache, blob)).resumedAt > 100_000);
    await requireWhole(cache);
  });

  it('makes no path of what a place says', async () => {
    const cache = newCache();
    const hostile = ['../../up', 'blob ../x', 'a/b', 'c:\\d', '', 'blob sha256:..', 'x'.repeat(5000), 'a\0b'];
    for (const text of hostile) {
      await using draft = await cache.draft(text);
      await draft.write(Buffer.from(text));
      const { location } = await draft.commit();
      assert.match(location.file.slice(cache.directory.length + 1), /^text-[0-9a-f]{64}\.blob$/);
      assert.deepEqual(await cache.whole(text), location);
    }
  });

  it('keeps documents that have their digest, and no others', async () => {
    const cache = newCache();
    const bytes = Buffer.from('{}');
    assert.equal(await cache.document(digestOf(bytes)), undefined);
    await cache.keepDocument(digestOf(bytes), bytes);
    assert.deepEqual(Buffer.from((await cache.document(digestOf(bytes))) ?? []), bytes);
    const [name] = await readdir(cache.directory);
    await writeFile(`${cache.directory}/${name ?? ''}`, '[]');
    assert.equal(await cache.document(digestOf(bytes)), undefined);
  });

  it('does not give a blob that has lost its end', async () => {
    const cache = newCache();
    const { location } = await bring(cache, blob);
    await chmod(location.file, 0o644);
    await writeFile(location.file, blob.subarray(0, 10));
    assert.equal(await cache.whole(identity, blob.length), undefined);
    assert.equal((await bring(cache, blob)).movedBytes, blob.length);
  });

  it('forgets what was not used for longest, and nothing that was used of late', async () => {
    const cache = newCache({ maxBytes: 1_000_000, graceMs: 60_000 });
    const blobs = [1, 2, 3, 4].map((seed) => farBlob(seed));
    for (const [at, each] of blobs.slice(0, 3).entries()) {
      const { location } = await bring(cache, each);
      const usedMs = Date.now() / 1000 - 1000 + at;
      await utimes(location.file, usedMs, usedMs);
    }
    // Used again: the second is now the longest unused.
    assert.ok(await cache.whole(digestOf(blobs[0]!)));
    await bring(cache, blobs[3]!);
    const there = await Promise.all(
      blobs.map(async (each) => (await cache.whole(digestOf(each))) !== undefined),
    );
    assert.deepEqual(there, [true, false, true, true]);
    assert.deepEqual(await cache.usage(), { files: 3, bytes: 900_000 });
    await cache.clear();
    assert.deepEqual(await cache.usage(), { files: 0, bytes: 0 });
  });

  it('leaves alone what is not its own', async () => {
    const cache = newCache({ maxBytes: 0, graceMs: -1 });
    await bring(newCache(), blob);
    await cache.keepDocument(digestOf(blob), blob);
    await writeFile(`${cache.directory}/notes.txt`, 'mine');
    await cache.evict();
    await cache.clear();
    assert.deepEqual(await readdir(cache.directory), ['notes.txt']);
  });
});

describe('ranges in the cache', () => {
  it('are given when they are there, joined with their neighbours', async () => {
    const cache = newCache();
    const ranges = cache.ranges(identity, blob.length);
    const add = (start: number, end: number) => ranges.add({ start, end }, arriving(blob, start, end));
    assert.equal(await ranges.locate({ start: 0, end: 1 }), undefined);
    await add(1000, 2000);
    await add(3000, 4000);
    assert.equal(await ranges.locate({ start: 1500, end: 3500 }), undefined);
    assert.deepEqual(await ranges.missing({ start: 500, end: 5000 }), [
      { start: 500, end: 1000 },
      { start: 2000, end: 3000 },
      { start: 4000, end: 5000 },
    ]);
    const joined = await add(2000, 3000);
    assert.deepEqual(joined.present, { start: 1000, end: 4000 });
    assert.deepEqual(await ranges.locate({ start: 1500, end: 3500 }), joined);
    assert.equal(joined.size, blob.length);
    const { bytes } = await cache.usage();
    assert.ok(bytes < 3200, `holes do not count: ${bytes}`);
  });

  it('keep what came of a range that ended early', async () => {
    const ranges = newCache().ranges(identity, blob.length);
    const short = ranges.add({ start: 0, end: 100_000 }, arriving(blob, 0, 70_000));
    await assert.rejects(short, (error) => isEngineError(error, 'truncated'));
    assert.deepEqual(await ranges.missing({ start: 0, end: 100_000 }), [{ start: 70_000, end: 100_000 }]);
    const long = ranges.add({ start: 70_000, end: 80_000 }, arriving(blob, 70_000));
    await assert.rejects(long, (error) => isEngineError(error, 'size-mismatch'));
  });

  it('that are dropped while somebody writes are not spoken of by who writes', async () => {
    const cache = newCache();
    const ranges = cache.ranges(identity, blob.length);
    await ranges.add({ start: 0, end: 1000 }, arriving(blob, 0, 1000));
    async function* dropping(): AsyncGenerator<Uint8Array> {
      yield blob.subarray(5000, 5500);
      await cache.drop(identity);
      await ranges.add({ start: 9000, end: 9100 }, arriving(blob, 9000, 9100));
      yield blob.subarray(5500, 6000);
    }
    await ranges.add({ start: 5000, end: 6000 }, dropping());
    assert.equal(await ranges.locate({ start: 5000, end: 6000 }), undefined);
    assert.equal(await ranges.locate({ start: 0, end: 1000 }), undefined);
    assert.ok(await ranges.locate({ start: 9000, end: 9100 }));
  });

  it('of a damaged or lying record do not exist', async () => {
    const cache = newCache();
    const ranges = cache.ranges(identity, blob.length);
    await ranges.add({ start: 0, end: 1000 }, arriving(blob, 0, 1000));
    const record = (await readdir(cache.directory)).find((name) => name.endsWith('.present')) ?? '';
    const generation = (await readdir(cache.directory))
      .find((name) => name.endsWith('.ranges'))
      ?.split('.')[1];
    for (const text of [
      '',
      '[]',
      '{"generation":"../x","present":[]}',
      JSON.stringify({ generation, present: [{ start: 0, end: 1001 }] }),
      JSON.stringify({ generation, present: [{ start: -1, end: 10 }] }),
    ]) {
      await writeFile(`${cache.directory}/${record}`, text);
      assert.equal(await ranges.locate({ start: 0, end: 10 }), undefined, text);
    }
  });
});

describe('the cache when the disk fails', function () {
  this.timeout(60_000);
  const kinds: readonly FaultKind[] = ['EIO', 'ENOSPC', 'EPERM', 'short', 'crash', 'crash-after'];
  for (const kind of kinds)
    it(`${kind} at each call: nothing wrong shows, and the next time succeeds`, async () => {
      let isHit = true;
      for (let at = 1; isHit; at++) {
        const directory = tempDir().file('fetched');
        const disk = new FaultyDisk({ at, kind });
        const faulty = new BlobCache({ directory, disk });
        const outcome = await Promise.race([attempt(faulty), disk.crashed]);
        if (outcome !== undefined) assert.ok(isEngineError(outcome), 'an EngineError');
        const cache = new BlobCache({ directory });
        if ((await cache.whole(identity)) !== undefined) await requireWhole(cache);
        const range = { start: 1000, end: 2000 };
        const ranges = cache.ranges(identity, blob.length);
        const present = await ranges.locate(range);
        if (present !== undefined)
          assert.ok(
            (await readBlob({ ...present, offset: 1000, size: 1000 }, 2000, 'range')).equals(
              blob.subarray(1000, 2000),
            ),
          );
        assert.equal(await attempt(cache), undefined);
        await requireWhole(cache);
        isHit = disk.isHit;
      }
    });

  /** All kinds of writing; the failure, if any. */
  async function attempt(cache: BlobCache): Promise<unknown> {
    try {
      await cache.ranges(identity, blob.length).add({ start: 1000, end: 2000 }, arriving(blob, 1000, 2000));
      await leavePart(cache, blob.subarray(0, 70_000));
      await bring(cache, blob);
      await cache.keepDocument(digest, blob);
      await cache.usage();
      return undefined;
    } catch (error) {
      return error;
    }
  }
});

describe('processes that fill one cache', function () {
  this.timeout(60_000);
  const seeds = [11, 12, 13, 14];
  const size = 2_000_000;

  it('bring the same blobs at once, and all are whole', async () => {
    const cache = newCache();
    const children = [startChild(cache), startChild(cache), startChild(cache)];
    for (const child of children) assert.equal(await child.ended, 0);
    for (const seed of seeds) await requireBlob(cache, seed);
    assert.equal((await readdir(cache.directory)).length, seeds.length);
  });

  it('may be killed at any time, and the next one goes on', async () => {
    const cache = newCache();
    const random = new Random(7);
    for (let round = 0; round < 6; round++) {
      const child = startChild(cache);
      await sleep(150 + random.below(300));
      child.kill();
      await child.ended;
      for (const seed of seeds) if (await cache.whole(digestOfSeed(seed))) await requireBlob(cache, seed);
    }
    assert.equal(await startChild(cache).ended, 0);
    for (const seed of seeds) await requireBlob(cache, seed);
  });

  const digestOfSeed = (seed: number) => digestOf(farBlob(seed, size));

  async function requireBlob(cache: BlobCache, seed: number): Promise<void> {
    const location = await cache.whole(digestOfSeed(seed));
    assert.ok(location);
    assert.ok((await readBlob(location, size, 'blob')).equals(farBlob(seed, size)));
  }

  function startChild(cache: BlobCache): { kill(): void; readonly ended: Promise<number | null> } {
    const script = fileURLToPath(new URL('../../support/cacheChild.ts', import.meta.url));
    const flags = ['--experimental-strip-types', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
    const task = JSON.stringify({ directory: cache.directory, seeds, size });
    const child = spawn(process.execPath, [...flags, script, task], { stdio: 'ignore' });
    return {
      kill: () => child.kill('SIGKILL'),
      ended: new Promise((resolve) => child.on('close', resolve)),
    };
  }
});

/** A transfer that breaks. */
async function* failingAfter(length: number): AsyncGenerator<Uint8Array> {
  yield* arriving(blob, 0, length);
  throw new Error('the wire broke');
}

/** What an earlier transfer has left. */
async function leavePart(cache: BlobCache, bytes: Uint8Array): Promise<void> {
  await using draft = await cache.draft(identity, claim);
  if (draft.length === 0) await draft.write(bytes);
}
