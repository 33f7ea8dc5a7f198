import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Checkpoint } from '../../../src/engine/archive/checkpoint.ts';
import { type InflateOptions, CheckpointInflater } from '../../../src/engine/archive/inflate.ts';
import { firstCheckpoint } from '../../../src/engine/archive/checkpoint.ts';
import { isGunzipHandleUsable } from '../../../src/engine/archive/gunzipProbe.ts';
import { inflateDocumented } from '../../../src/engine/archive/inflateDocumented.ts';
import { resumeGzip } from '../../../src/engine/archive/resumeGzip.ts';
import { type GzipSample, gzipSamples } from '../../support/gzipSamples.ts';
import { Random } from '../../support/random.ts';

const span = 128 * 1024;

describe('gzip checkpoints', function () {
  this.timeout(60_000);
  let samples: readonly GzipSample[] = [];
  before(async () => (samples = await gzipSamples()));

  it('can be had by the native handle of this Node', () => {
    assert.equal(isGunzipHandleUsable(), true);
  });

  for (const [way, inflate] of [
    ['the native handle', inflateByHandle],
    ['the documented API', inflateByDocumentedApi],
  ] as const)
    it(`give the whole stream and any range of it, by ${way}`, async () => {
      for (const { name, data, packed } of samples) {
        const found = await inflate(packed);
        assert.ok(found.output.equals(data), `${name}: whole stream`);
        for (const [start, length] of rangesOf(data.length)) {
          const piece = await readRange(packed, found.checkpoints, start, length);
          assert.ok(piece.equals(data.subarray(start, start + length)), `${name}: ${start}+${length}`);
        }
      }
    });

  it('lie within reach of every place, by the native handle', async () => {
    // Encoders that write blocks larger than the span leave fewer places to stop.
    const coarse = new Set(['zeros', 'fixed codes', 'mixed', 'run lengths']);
    for (const { name, data, packed } of samples.filter((sample) => !coarse.has(sample.name))) {
      const { checkpoints } = await inflateByHandle(packed);
      const starts = [0, ...checkpoints.map((checkpoint) => checkpoint.output), data.length];
      const gaps = starts.slice(1).map((start, at) => start - (starts[at] ?? 0));
      assert.ok(Math.max(...gaps) < 2 * span, `${name}: a gap of ${Math.max(...gaps)}`);
    }
  });

  it('never abort the process and never pass damage over, for 600 damaged blobs', () => {
    const run = spawnSync(process.execPath, [fuzzer, '600', '1'], { encoding: 'utf8', timeout: 50_000 });
    assert.deepEqual([run.status, run.signal], [0, null], run.stderr);
    const counts = JSON.parse(run.stdout) as Record<string, number>;
    assert.equal(counts['unnoticed'], 0);
    assert.ok((counts['failed'] ?? 0) > 500);
  });
});

const fuzzer = fileURLToPath(new URL('../../support/workers/fuzzInflate.ts', import.meta.url));

interface Inflated {
  readonly output: Buffer;
  readonly checkpoints: readonly Checkpoint[];
}

function inflateByHandle(packed: Buffer): Promise<Inflated> {
  const { options, result } = gathering(packed);
  const inflater = new CheckpointInflater(options);
  while (inflater.step());
  inflater.close();
  assert.equal(inflater.produced, result().output.length);
  return Promise.resolve(result());
}

async function inflateByDocumentedApi(packed: Buffer): Promise<Inflated> {
  const { options, result } = gathering(packed);
  await inflateDocumented(options, () => undefined);
  return result();
}

function gathering(packed: Buffer): { options: InflateOptions; result: () => Inflated } {
  const pieces: Buffer[] = [];
  const checkpoints: Checkpoint[] = [];
  return {
    options: {
      size: packed.length,
      span,
      readAt: (buffer, offset) => packed.copy(buffer, 0, offset),
      onOutput: (bytes) => pieces.push(Buffer.from(bytes)),
      onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    },
    result: () => ({ output: Buffer.concat(pieces), checkpoints }),
  };
}

function rangesOf(length: number): (readonly [start: number, length: number])[] {
  const random = new Random(length + 3);
  return Array.from({ length: Math.min(12, length) }, () => {
    const start = random.below(length);
    return [start, Math.min(length - start, 1 + random.below(40_000))] as const;
  });
}

async function readRange(
  packed: Buffer,
  checkpoints: readonly Checkpoint[],
  start: number,
  length: number,
): Promise<Buffer> {
  const nearest = checkpoints.findLast((checkpoint) => checkpoint.output <= start) ?? firstCheckpoint;
  const pieces: Buffer[] = [];
  let held = nearest.output;
  const read = (offset: number, count: number): Promise<Buffer> =>
    Promise.resolve(packed.subarray(offset, offset + count));
  for await (const bytes of resumeGzip(nearest, read)) {
    pieces.push(bytes);
    held += bytes.length;
    if (held >= start + length) break;
  }
  const skip = start - nearest.output;
  return Buffer.concat(pieces).subarray(skip, skip + length);
}
