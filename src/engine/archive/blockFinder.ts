/**
 * Finds where a DEFLATE block with dynamic codes may begin (RFC 1951, 3.2.7), by its header alone. Compressed data holds
 * false ones now and then, and layers hold `.gz` files; so what is found must be tried before it is believed.
 *
 * @returns the position in bits, or undefined when no block begins in bytes `from` to `to`; the bytes must go on beyond
 *   `to` by at least 400.
 */
export function findDynamicBlock(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) {
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    for (let bit = 0; bit < 8; bit++)
      if (plausibleStart[(word >>> bit) & 0x1fff] === 1 && isDynamicHeader(bytes, at * 8 + bit))
        return at * 8 + bit;
  }
  return undefined;
}

/** By the first 13 bits: not the last block, dynamic codes, at most 286 literal and 30 distance codes. */
const plausibleStart = Uint8Array.from({ length: 8192 }, (_, bits) =>
  (bits & 7) === 4 && ((bits >> 3) & 31) <= 29 && ((bits >> 8) & 31) <= 29 ? 1 : 0,
);

const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function isDynamicHeader(bytes: Uint8Array, bit: number): boolean {
  const reader = new BitReader(bytes, bit + 3);
  const literals = reader.read(5) + 257;
  const distances = reader.read(5) + 1;
  const count = reader.read(4) + 4;
  const widths = new Uint8Array(19);
  for (let at = 0; at < count; at++) widths[codeLengthOrder[at] ?? 0] = reader.read(3);
  if (kraftSum(widths, 0, 19, 7) !== 128) return false;
  const lengths = readLengths(reader, decodingTable(widths), literals + distances);
  return (
    lengths !== undefined &&
    lengths[256] !== 0 &&
    isCompleteCode(lengths, 0, literals) &&
    isCompleteCode(lengths, literals, literals + distances)
  );
}

class BitReader {
  readonly #bytes: Uint8Array;
  #bit: number;

  constructor(bytes: Uint8Array, bit: number) {
    this.#bytes = bytes;
    this.#bit = bit;
  }

  peek(width: number): number {
    const at = this.#bit >> 3;
    const word =
      (this.#bytes[at] ?? 0) | ((this.#bytes[at + 1] ?? 0) << 8) | ((this.#bytes[at + 2] ?? 0) << 16);
    return (word >>> (this.#bit & 7)) & ((1 << width) - 1);
  }

  read(width: number): number {
    const value = this.peek(width);
    this.#bit += width;
    return value;
  }
}

/** How much of the code space the lengths use, with codes of up to `width` bits; 2^width is all of it. */
function kraftSum(lengths: Uint8Array, start: number, end: number, width: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) {
    const length = lengths[at] ?? 0;
    if (length > 0) sum += (1 << width) >> length;
  }
  return sum;
}

/** A code must be complete; one with a single symbol, or none, is allowed to be less. */
function isCompleteCode(lengths: Uint8Array, start: number, end: number): boolean {
  const sum = kraftSum(lengths, start, end, 15);
  let used = 0;
  for (let at = start; at < end; at++) if (lengths[at] !== 0) used++;
  return sum === 32768 || (used <= 1 && sum < 32768);
}

/** For each seven bits of input: the symbol times 8, plus its width. */
function decodingTable(widths: Uint8Array): Uint8Array {
  const table = new Uint8Array(128);
  let code = 0;
  for (let width = 1; width <= 7; width++) {
    code <<= 1;
    for (let symbol = 0; symbol < 19; symbol++) {
      if (widths[symbol] !== width) continue;
      for (let at = reversed(code++, width); at < 128; at += 1 << width) table[at] = (symbol << 3) | width;
    }
  }
  return table;
}

function reversed(code: number, width: number): number {
  let result = 0;
  for (let at = 0; at < width; at++) result |= ((code >> at) & 1) << (width - 1 - at);
  return result;
}

function readLengths(reader: BitReader, table: Uint8Array, count: number): Uint8Array | undefined {
  const lengths = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const entry = table[reader.peek(7)] ?? 0;
    reader.read(entry & 7);
    const symbol = entry >> 3;
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) return undefined;
    const value = symbol === 16 ? (lengths[at - 1] ?? 0) : 0;
    const end =
      at + (symbol === 16 ? 3 + reader.read(2) : symbol === 17 ? 3 + reader.read(3) : 11 + reader.read(7));
    if (end > count) return undefined;
    lengths.fill(value, at, end);
    at = end;
  }
  return lengths;
}
