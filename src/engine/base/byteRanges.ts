import type { ByteRange } from './byteRange.ts';

/** Ranges in order that neither overlap nor touch. */
export type ByteRanges = readonly ByteRange[];

/** The ranges with one more. */
export function withRange(ranges: ByteRanges, { start, end }: ByteRange): ByteRanges {
  if (start >= end) return ranges;
  const before = ranges.filter((each) => each.end < start);
  const after = ranges.filter((each) => each.start > end);
  const joined = ranges.slice(before.length, ranges.length - after.length);
  const first = Math.min(start, joined[0]?.start ?? start);
  const last = Math.max(end, joined.at(-1)?.end ?? end);
  return [...before, { start: first, end: last }, ...after];
}

/** The range that holds all of `wanted`. */
export function rangeAround(ranges: ByteRanges, wanted: ByteRange): ByteRange | undefined {
  return ranges.find(({ start, end }) => start <= wanted.start && wanted.end <= end);
}

/** What of `wanted` the ranges lack, in order. */
export function missingOf(ranges: ByteRanges, wanted: ByteRange): ByteRanges {
  const missing: ByteRange[] = [];
  let at = wanted.start;
  for (const { start, end } of ranges) {
    if (end <= at || start >= wanted.end) continue;
    if (start > at) missing.push({ start: at, end: start });
    at = end;
  }
  if (at < wanted.end) missing.push({ start: at, end: wanted.end });
  return missing;
}
