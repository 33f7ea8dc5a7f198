import { paddedLength, paddingAfter, tarBlock, tarEnd } from '../archive/tarHeader.ts';
import { EngineError } from '../base/errors.ts';
import { type ChangesetEntry, changesetEntries } from './changesetEntries.ts';
import type { Piece } from './inode.ts';
import { tarHeader } from './layerTarHeader.ts';
import type { UpperState } from './upperState.ts';

/** Gives the bytes of a file that is put together from pieces. */
export type ReadPieces = (pieces: readonly Piece[]) => AsyncIterable<Uint8Array>;

/**
 * The writable layer as a layer's tar, see {@link changesetEntries}. The same state gives the same bytes.
 *
 * @param read must give exactly as many bytes as the pieces have.
 * @throws EngineError `size-mismatch` when it does not.
 */
export async function* writeChangeset(state: UpperState, read: ReadPieces): AsyncGenerator<Uint8Array> {
  for (const entry of changesetEntries(state)) {
    yield tarHeader(entry.head);
    yield* contentOf(entry, read);
  }
  yield tarEnd;
}

/** Bytes the tar has, but for what long names and the like need. */
export function changesetLength(state: UpperState): number {
  let length = tarEnd.length;
  for (const { head } of changesetEntries(state)) length += tarBlock + paddedLength(head.size);
  return length;
}

/** Whether the tar would hold nothing at all. */
export function isEmptyChangeset(state: UpperState): boolean {
  return state.root.children.size === 0;
}

async function* contentOf(
  { head: { name, size }, content }: ChangesetEntry,
  read: ReadPieces,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const bytes of size === 0 ? [] : read(content)) {
    done += bytes.length;
    if (done <= size) yield bytes;
  }
  if (done !== size)
    throw new EngineError('size-mismatch', name, `it has ${done} bytes, and ${size} are expected`);
  yield paddingAfter(size);
}
