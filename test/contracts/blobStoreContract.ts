import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { BlobLocation } from '../../src/engine/archive/blobLocation.ts';
import type { FailureCode } from '../../src/engine/base/errors.ts';
import { isEngineError } from '../../src/engine/base/errors.ts';
import { digestOf, parseDigest } from '../../src/engine/oci/digest.ts';
import type { BlobStore } from '../../src/engine/store/blobStore.ts';
import type { Lease } from '../../src/engine/store/leases.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/tempDir.ts';

export interface BlobStoreUnderTest {
  readonly blobs: BlobStore;
  readonly lease: Lease;
  /** Files that unfinished writes have left. */
  readonly leftovers: () => readonly string[];
}

/**
 * What a blob store promises. The cases follow containerd's ContentSuite, without resumed writes and labels, which this
 * store does not have.
 */
export function describeBlobStore(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    it('gives back what was added, from a file and from memory', async () => {
      const { blobs, lease } = await open();
      const bytes = new Random(1).bytes(3_000_000);
      const added = await blobs.add(inFile(bytes), { digest: digestOf(bytes), size: bytes.length }, lease);
      assert.deepEqual(added, { digest: digestOf(bytes), size: bytes.length });
      assert.deepEqual(await blobs.read(added.digest, bytes.length), new Uint8Array(bytes));
      const small = await blobs.addBytes(Buffer.from('small'), lease);
      assert.equal(Buffer.from(await blobs.read(small.digest, 10)).toString(), 'small');
    });

    it('takes a range of a file, as a blob inside an archive is one', async () => {
      const { blobs, lease } = await open();
      const whole = inFile(Buffer.from('before-inside-after'));
      const { digest } = await blobs.add({ ...whole, offset: 7, size: 6 }, undefined, lease);
      assert.equal(digest, digestOf(Buffer.from('inside')));
    });

    it('names bytes of which nothing is claimed', async () => {
      const { blobs, lease } = await open();
      const { digest } = await blobs.add(inFile(Buffer.from('unclaimed')), undefined, lease);
      assert.equal(digest, digestOf(Buffer.from('unclaimed')));
      assert.notEqual(await blobs.find(digest), undefined);
    });

    it('takes over a file that was checked, without copying it, and leaves it where it is', async () => {
      const { blobs, lease, leftovers } = await open();
      const bytes = Buffer.from('fetched and checked');
      const expected = { digest: digestOf(bytes), size: bytes.length };
      const file = inFile(bytes);
      for (let i = 0; i < 2; i++) assert.deepEqual(await blobs.adopt(file, expected, lease), expected);
      assert.equal(statSync(file.file).ino, statSync((await blobs.find(expected.digest))!.file).ino);
      assert.deepEqual(await blobs.read(expected.digest, 100), new Uint8Array(bytes));
      assert.deepEqual(leftovers(), []);
    });

    it('takes over no file that has become another', async () => {
      const { blobs, lease, leftovers } = await open();
      const bytes = Buffer.from('was longer');
      const expected = { digest: digestOf(bytes), size: bytes.length };
      const file = { ...inFile(Buffer.from('cut')), size: bytes.length };
      await assert.rejects(blobs.adopt(file, expected, lease), { code: 'changed' });
      assert.equal(await blobs.find(expected.digest), undefined);
      assert.deepEqual(leftovers(), []);
    });

    it('keeps the empty blob', async () => {
      const { blobs, lease } = await open();
      const empty = { digest: digestOf(new Uint8Array()), size: 0 };
      assert.deepEqual(await blobs.add(inFile(Buffer.alloc(0)), empty, lease), empty);
      assert.equal((await blobs.read(empty.digest, 0)).length, 0);
    });

    it('keeps blobs named by SHA-512', async () => {
      const { blobs, lease } = await open();
      const bytes = Buffer.from('sha512');
      const digest = parseDigest(`sha512:${createHash('sha512').update(bytes).digest('hex')}`);
      await blobs.add(inFile(bytes), { digest, size: bytes.length }, lease);
      assert.equal(Buffer.from(await blobs.read(digest, 10)).toString(), 'sha512');
      assert.deepEqual(
        (await blobs.list()).map((blob) => blob.digest),
        [digest],
      );
    });

    it('adds what is there without a second copy, and freshens it', async () => {
      const { blobs, lease } = await open();
      const { digest } = await blobs.addBytes(Buffer.from('twice'), lease);
      const first = await blobs.find(digest);
      await new Promise((resolve) => setTimeout(resolve, 20));
      // A location that does not exist shows that nothing is copied.
      await blobs.add({ file: '/nonexistent', offset: 0, size: 5 }, { digest, size: 5 }, lease);
      const second = await blobs.find(digest);
      assert.ok(first && second && second.changedMs > first.changedMs);
      assert.equal((await blobs.list()).length, 1);
    });

    it('serves twenty writers of one blob at once', async () => {
      const { blobs, lease, leftovers } = await open();
      const bytes = new Random(2).bytes(200_000);
      const from = inFile(bytes);
      const expected = { digest: digestOf(bytes), size: bytes.length };
      await Promise.all(Array.from({ length: 20 }, () => blobs.add(from, expected, lease)));
      assert.equal((await blobs.list()).length, 1);
      assert.deepEqual(await blobs.read(expected.digest, bytes.length), new Uint8Array(bytes));
      assert.deepEqual(leftovers(), []);
    });

    const wrong: readonly (readonly [string, FailureCode, Partial<BlobLocation>, number, string])[] = [
      ['other bytes', 'digest-mismatch', {}, 5, 'other'],
      ['fewer bytes than claimed', 'size-mismatch', {}, 9, 'bytes'],
      ['more bytes than claimed', 'size-mismatch', {}, 3, 'bytes'],
      ['a file that ends early', 'truncated', { size: 50 }, 50, 'bytes'],
    ];
    for (const [what, code, change, size, text] of wrong) {
      it(`refuses ${what}, and shows nothing of them`, async () => {
        const { blobs, lease, leftovers } = await open();
        const from = { ...inFile(Buffer.from(text)), ...change };
        const digest = digestOf(Buffer.from('bytes'));
        await assert.rejects(blobs.add(from, { digest, size }, lease), withCode(code));
        assert.equal(await blobs.find(digest), undefined);
        assert.deepEqual(await blobs.list(), []);
        assert.deepEqual(leftovers(), []);
        await blobs.add(inFile(Buffer.from('bytes')), { digest, size: 5 }, lease);
        assert.equal((await blobs.list()).length, 1);
      });
    }

    it('replaces a stored blob of a wrong size', async () => {
      const { blobs, lease } = await open();
      const { digest } = await blobs.addBytes(Buffer.from('cut short'), lease);
      const stored = await blobs.find(digest);
      cut(stored?.file ?? '', 4);
      await blobs.addBytes(Buffer.from('cut short'), lease);
      assert.equal(Buffer.from(await blobs.read(digest, 10)).toString(), 'cut short');
    });

    it('stops when told to, and leaves nothing', async () => {
      const { blobs, lease, leftovers } = await open();
      const bytes = Buffer.alloc(8_000_000);
      const stop = new AbortController();
      const adding = blobs.add(inFile(bytes), undefined, lease, {
        signal: stop.signal,
        onProgress: ({ done }) => {
          if (done > 2_000_000) stop.abort();
        },
      });
      await assert.rejects(adding, withCode('cancelled'));
      assert.deepEqual(await blobs.list(), []);
      assert.deepEqual(leftovers(), []);
    });

    it('says how far it is, to the end', async () => {
      const { blobs, lease } = await open();
      const done: number[] = [];
      const bytes = Buffer.alloc(5_000_000);
      await blobs.add(inFile(bytes), undefined, lease, { onProgress: (report) => done.push(report.done) });
      assert.equal(done.at(-1), bytes.length);
      assert.ok(done.length > 2);
    });

    it('reads only what it can vouch for', async () => {
      const { blobs, lease } = await open();
      const { digest } = await blobs.addBytes(Buffer.from('honest'), lease);
      await assert.rejects(blobs.read(digest, 5), withCode('limit-exceeded'));
      await assert.rejects(blobs.read(digestOf(Buffer.from('absent')), 5), withCode('not-found'));
      overwrite((await blobs.find(digest))?.file ?? '', 'hoNest');
      await assert.rejects(blobs.read(digest, 10), withCode('digest-mismatch'));
    });

    it('puts a damaged blob out of sight; one that is absent is no failure', async () => {
      const { blobs, lease } = await open();
      const { digest } = await blobs.addBytes(Buffer.from('suspect'), lease);
      await blobs.quarantine(digest);
      await blobs.quarantine(digest);
      assert.equal(await blobs.find(digest), undefined);
      assert.deepEqual(await blobs.list(), []);
    });
  });
}

function inFile(bytes: Uint8Array): BlobLocation {
  const file = tempDir().file('blob');
  writeFileSync(file, bytes);
  return { file, offset: 0, size: bytes.length };
}

/** Stored blobs are read-only. */
function overwrite(file: string, content: string | Uint8Array): void {
  chmodSync(file, 0o600);
  writeFileSync(file, content);
}

function cut(file: string, length: number): void {
  overwrite(file, readFileSync(file).subarray(0, length));
}

function withCode(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}
