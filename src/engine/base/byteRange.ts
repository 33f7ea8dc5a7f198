/** Bytes from `start` up to `end`, which is not included. */
export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** The part of a range that lies within something of `size` bytes; the whole when there is no range. */
export function clampRange(range: ByteRange | undefined, size: number): ByteRange {
  const start = Math.max(0, Math.min(range?.start ?? 0, size));
  return { start, end: Math.max(start, Math.min(range?.end ?? size, size)) };
}
