import type { Checkpoint } from './checkpoint.ts';
import { constants, gzipSync, inflateRawSync } from 'node:zlib';
import { preface } from './checkpoint.ts';
import { CheckpointInflater } from './inflate.ts';

/**
 * Whether {@link CheckpointInflater} does what it promises on this Node: a known input is unpacked and resumed at every
 * checkpoint. Tried once a process, a few milliseconds.
 */
export function isGunzipHandleUsable(): boolean {
  return (isUsable ??= probe());
}

let isUsable: boolean | undefined;

/** Has the handle count as unusable, untried: for a process that follows one which died of trying. */
export function avoidGunzipHandle(): void {
  isUsable = false;
}

function probe(): boolean {
  try {
    const text = probeText();
    const packed = gzipSync(text);
    const { output, checkpoints } = inflateWhole(packed);
    return (
      output.equals(text) &&
      checkpoints.length >= 2 &&
      checkpoints.every((checkpoint) => resumesRightly(packed, checkpoint, text))
    );
  } catch {
    // There is no such handle, or it does something else than it did.
    return false;
  }
}

/** Text that makes several blocks and back references, the same in every process. */
function probeText(): Buffer {
  let state = 1;
  const words = Array.from({ length: 40_000 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8).toString(36 - (state % 7));
  });
  return Buffer.from(words.join(' '), 'latin1');
}

function inflateWhole(packed: Buffer): { output: Buffer; checkpoints: readonly Checkpoint[] } {
  const pieces: Buffer[] = [];
  const checkpoints: Checkpoint[] = [];
  const inflater = new CheckpointInflater({
    size: packed.length,
    span: 16384,
    readAt: (buffer, offset) => packed.copy(buffer, 0, offset),
    onOutput: (bytes) => pieces.push(Buffer.from(bytes)),
    onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
  });
  while (inflater.step());
  inflater.close();
  return { output: Buffer.concat(pieces), checkpoints };
}

function resumesRightly(packed: Buffer, checkpoint: Checkpoint, text: Buffer): boolean {
  const before = packed[checkpoint.input - 1] ?? 0;
  const input = Buffer.concat([preface(checkpoint.bits, before), packed.subarray(checkpoint.input)]);
  const output = inflateRawSync(input, {
    dictionary: inflateRawSync(checkpoint.window),
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  return output.equals(text.subarray(checkpoint.output));
}
