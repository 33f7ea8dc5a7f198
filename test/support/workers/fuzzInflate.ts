import { gzipSync } from 'node:zlib';
import type { Checkpoint } from '../../../src/engine/archive/checkpoint.ts';
import { firstCheckpoint } from '../../../src/engine/archive/checkpoint.ts';
import { CheckpointInflater } from '../../../src/engine/archive/inflate.ts';
import { resumeGzip } from '../../../src/engine/archive/resumeGzip.ts';
import { sampleText } from '../gzipSamples.ts';
import { Random } from '../random.ts';

// Inflates damaged blobs, and reads damaged blobs by a sound index, in a process of its own: a misused native handle
// aborts it. Prints what happened as JSON.
const rounds = Number(process.argv[2]);
const random = new Random(Number(process.argv[3]));
const data = sampleText(900_000);
const sound = Buffer.concat([
  gzipSync(data.subarray(0, 450_000)),
  gzipSync(data.subarray(450_000), { level: 1 }),
]);
const checkpoints = inflate(sound);
const counts = { same: 0, failed: 0, unnoticed: 0 };

for (let round = 0; round < rounds; round++) {
  const blob = damaged(round % 4);
  const pieces: Buffer[] = [];
  try {
    inflate(blob, pieces);
    if (Buffer.concat(pieces).equals(data)) counts.same++;
    else if (blob.length < sound.length && data.subarray(0, 450_000).equals(Buffer.concat(pieces)))
      counts.same++;
    else counts.unnoticed++;
  } catch {
    counts.failed++;
  }
  await readAtRandom(blob);
}
process.stdout.write(JSON.stringify(counts));

function inflate(blob: Buffer, pieces: Buffer[] = []): readonly Checkpoint[] {
  const found: Checkpoint[] = [];
  const inflater = new CheckpointInflater({
    size: blob.length,
    span: 65_536,
    readAt: (buffer, offset) => blob.copy(buffer, 0, offset),
    onOutput: (bytes) => pieces.push(Buffer.from(bytes)),
    onCheckpoint: (checkpoint) => found.push(checkpoint),
  });
  try {
    while (inflater.step());
  } finally {
    inflater.close();
  }
  return found;
}

function damaged(kind: number): Buffer {
  const blob = Buffer.from(sound);
  if (kind === 0) flip(blob);
  else if (kind === 1)
    for (let times = 0; times < 20; times++) blob[random.below(blob.length)] = random.below(256);
  else if (kind === 2) return blob.subarray(0, random.below(blob.length));
  else blob.fill(random.below(256), random.below(blob.length), random.below(blob.length));
  return blob;
}

function flip(blob: Buffer): void {
  const at = random.below(blob.length);
  blob[at] = (blob[at] ?? 0) ^ (1 << random.below(8));
}

async function readAtRandom(blob: Buffer): Promise<void> {
  const at = random.below(data.length);
  const nearest = checkpoints.findLast(({ output }) => output <= at) ?? firstCheckpoint;
  let held = nearest.output;
  try {
    for await (const bytes of resumeGzip(nearest, (offset, length) =>
      Promise.resolve(blob.subarray(offset, offset + length)),
    ))
      if ((held += bytes.length) > at) break;
  } catch {
    // Damage may be met or not; what was read is compared with its hash elsewhere.
  }
}
