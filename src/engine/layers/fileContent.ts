import type { ContentHasher } from '../archive/contentHasher.ts';
import { createContentHasher } from '../archive/contentHasher.ts';
import { type ByteRange, clampRange } from '../base/byteRange.ts';
import { EngineError } from '../base/errors.ts';
import type { LayerContent } from './layerContent.ts';

/** Where a file's bytes lie in its layer's tar, as the layer's index says. */
export interface FileContent {
  /** What an error is about. */
  readonly subject: string;
  readonly dataOffset: number;
  /** Bytes of the file, its holes included. */
  readonly size: number;
  readonly sparseMap?: readonly (readonly [offset: number, length: number])[] | undefined;
  /** XXH128, hex. */
  readonly contentHash?: string | undefined;
  /** Nothing has checked the blob's bytes: a part of the file is given only after the whole was compared with its hash. */
  readonly isUnchecked?: boolean;
}

/**
 * A file's bytes, holes as zeros, or a range of them. A whole file is checked against its hash: a small one before
 * anything of it is given, a large one before its end is.
 *
 * @throws EngineError `damaged` when the bytes are not those that were indexed; `truncated`, `cancelled`.
 */
export async function* readFileContent(
  layer: LayerContent,
  file: FileContent,
  wanted: ByteRange | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const range = clampRange(wanted, file.size);
  const isWhole = range.start === 0 && range.end === file.size && file.size > 0;
  if (file.isUnchecked === true && !isWhole && range.end > range.start) {
    yield* readChecked(layer, file, range, signal);
    return;
  }
  const bytes = readStored(layer, file, range, signal);
  if (isWhole && file.contentHash !== undefined) yield* verified(bytes, file.contentHash, file.subject);
  else yield* bytes;
}

async function* readChecked(
  layer: LayerContent,
  file: FileContent,
  range: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const pieces: Buffer[] = [];
  for await (const bytes of readFileContent(layer, file, undefined, signal)) pieces.push(bytes);
  yield Buffer.concat(pieces).subarray(range.start, range.end);
}

/** Where in the tar the file's bytes lie, from the first to the last. */
export function storedRangeOf({ dataOffset, size, sparseMap }: FileContent): ByteRange {
  const stored = sparseMap?.reduce((sum, [, length]) => sum + length, 0) ?? size;
  return { start: dataOffset, end: dataOffset + stored };
}

async function* readStored(
  layer: LayerContent,
  file: FileContent,
  range: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const piece of storedPieces(file, range))
    if (piece.kind === 'zeros') yield* zeros(piece.length);
    else yield* layer.read({ start: piece.start, end: piece.start + piece.length }, signal);
}

type StoredPiece =
  | { readonly kind: 'zeros'; readonly length: number }
  /** `start` is in the tar. */
  | { readonly kind: 'data'; readonly start: number; readonly length: number };

/** The range as data of the tar and holes, in order. */
function* storedPieces(
  { dataOffset, size, sparseMap }: FileContent,
  range: ByteRange,
): Generator<StoredPiece> {
  let at = range.start;
  let stored = dataOffset;
  for (const [offset, length] of sparseMap ?? [[0, size]]) {
    const end = Math.min(offset + length, range.end);
    if (end > at) {
      if (offset > at) yield { kind: 'zeros', length: offset - at };
      const start = Math.max(offset, at);
      yield { kind: 'data', start: stored + start - offset, length: end - start };
      at = end;
    }
    stored += length;
    if (offset + length >= range.end) break;
  }
  if (at < range.end) yield { kind: 'zeros', length: range.end - at };
}

function* zeros(length: number): Generator<Buffer> {
  const block = Buffer.alloc(Math.min(length, 256 * 1024));
  for (let left = length; left > 0; left -= block.length)
    yield block.subarray(0, Math.min(left, block.length));
}

/** Holds each piece back until the next one is there, and the last until the hash is known to be right. */
async function* verified(
  pieces: AsyncIterable<Buffer>,
  expected: string,
  subject: string,
): AsyncGenerator<Buffer> {
  const hasher = spareHashers.pop() ?? (await createContentHasher());
  hasher.init();
  let held: Buffer | undefined;
  for await (const bytes of pieces) {
    if (held !== undefined) yield held;
    hasher.update(bytes);
    held = bytes;
  }
  const actual = Buffer.from(hasher.digest('binary')).toString('hex');
  spareHashers.push(hasher);
  if (actual !== expected)
    throw new EngineError('damaged', subject, 'the bytes are not those that were indexed');
  if (held !== undefined) yield held;
}

/** Hashers not in use: each is a WebAssembly instance, and reads run side by side. */
const spareHashers: ContentHasher[] = [];
