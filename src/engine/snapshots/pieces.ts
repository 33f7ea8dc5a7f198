import type { Piece } from './inode.ts';

/** Bytes in all pieces. */
export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** The bytes [start, end) of a file, as pieces. */
export function cutPieces(pieces: readonly Piece[], start: number, end: number): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(start, at);
    const to = Math.min(end, at + piece.length);
    if (from < to) found.push(cutPiece(piece, from - at, to - from));
    at += piece.length;
  }
  return found;
}

/** The file with other bytes from `offset` on; what lies between its end and them is zeros. */
export function overwritten(
  pieces: readonly Piece[],
  offset: number,
  bytes: readonly Piece[],
): readonly Piece[] {
  const end = offset + lengthOf(bytes);
  return [...resized(cutPieces(pieces, 0, offset), offset), ...bytes, ...cutPieces(pieces, end, Infinity)];
}

/** The file cut or filled up with zeros to a length. */
export function resized(pieces: readonly Piece[], length: number): readonly Piece[] {
  const missing = length - lengthOf(pieces);
  return missing > 0 ? [...pieces, { from: 'zeros', length: missing }] : cutPieces(pieces, 0, length);
}

function cutPiece(piece: Piece, start: number, length: number): Piece {
  return piece.from === 'zeros'
    ? { from: 'zeros', length }
    : { ...piece, offset: piece.offset + start, length };
}
