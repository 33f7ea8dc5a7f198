import type { PaxRecords } from './paxRecords.ts';
import { parseInteger } from './paxRecords.ts';
import { parseNumber } from './tarFields.ts';

/** Pieces of data (offset in the file, length); what lies between is zeros (GNU tar manual, "Storing Sparse Files"). */
export type SparseMap = readonly (readonly [offset: number, length: number])[];

/** How a PAX header says that its file is sparse: the map lies in the header, or in the first blocks of the data. */
export type PaxSparse =
  | { readonly kind: 'in-header'; readonly map: SparseMap }
  | { readonly kind: 'in-data' }
  | { readonly kind: 'damaged' };

/** The sparse form a PAX header announces; undefined when it announces none or one nobody knows. */
export function paxSparseOf(pax: PaxRecords): PaxSparse | undefined {
  const { sparse, sparsePieces } = pax;
  if (sparse === undefined && sparsePieces === undefined) return undefined;
  const version = `${sparse?.get('major') ?? ''}.${sparse?.get('minor') ?? ''}`;
  if (version === '1.0') return { kind: 'in-data' };
  const list = sparsePieces ?? sparse?.get('map')?.split(',');
  if (version === '.' && (list === undefined || list[0] === '')) return undefined;
  if (version !== '.' && version !== '0.0' && version !== '0.1') return undefined;
  const map = parsePairs(list === undefined || list[0] === '' ? [] : list, sparse?.get('numblocks'));
  return map === undefined ? { kind: 'damaged' } : { kind: 'in-header', map };
}

function parsePairs(list: readonly string[], count: string | undefined): SparseMap | undefined {
  if (list.length !== 2 * (parseInteger(count ?? '') ?? NaN)) return undefined;
  return pairUp(list.map((text) => parseInteger(text) ?? NaN));
}

function pairUp(numbers: readonly number[]): SparseMap {
  const map: [number, number][] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) map.push([numbers[at] ?? NaN, numbers[at + 1] ?? NaN]);
  return map;
}

/** Whether the pieces are in order, do not overlap and lie within `size`. */
export function isSoundMap(map: SparseMap, size: number): boolean {
  let end = 0;
  for (const [offset, length] of map) {
    if (!(offset >= end && length >= 0 && Number.isSafeInteger(offset + length))) return false;
    end = offset + length;
  }
  return end <= size;
}

/** Bytes stored for the file. */
export function storedSize(map: SparseMap): number {
  return map.reduce((sum, [, length]) => sum + length, 0);
}

/** Gathers the map of an old GNU sparse header (typeflag `S`) from the header and the blocks that follow it. */
export class OldSparseMap {
  readonly #map: [number, number][] = [];
  readonly realSize: number;
  /** Whether another block of the map follows. */
  hasMore: boolean;

  constructor(header: Uint8Array, offset: number) {
    this.realSize = parseNumber(header, offset + 483, 12);
    this.#addPieces(header, offset + 386, 4);
    this.hasMore = (header[offset + 482] ?? 0) !== 0;
  }

  get map(): SparseMap {
    return this.#map;
  }

  /** @returns false when the map has grown beyond its limit. */
  addBlock(block: Uint8Array, offset: number): boolean {
    this.#addPieces(block, offset, 21);
    this.hasMore = (block[offset + 504] ?? 0) !== 0;
    return this.#map.length <= maxPieces;
  }

  #addPieces(bytes: Uint8Array, offset: number, count: number): void {
    for (let at = offset; at < offset + count * 24; at += 24) {
      if (bytes[at] === 0) return;
      this.#map.push([parseNumber(bytes, at, 12), parseNumber(bytes, at + 12, 12)]);
    }
  }
}

/** 1 MiB of map at 24 bytes a piece (CVE-2025-58183). */
const maxPieces = 2 ** 20 / 24;

/** Reads the map that PAX sparse 1.0 puts before the data: decimal numbers, one a line, padded to a block. */
export class DataSparseMap {
  readonly #numbers: number[] = [];
  #digits = '';
  #count = NaN;
  #blocks = 0;

  /** Takes the next block of the data. */
  addBlock(block: Buffer, offset: number): 'more' | 'complete' | 'damaged' {
    if (++this.#blocks > 2048) return 'damaged';
    for (let at = offset; at < offset + 512; at++) {
      const byte = block[at] ?? 0;
      if (byte !== 0x0a) this.#digits += String.fromCharCode(byte);
      else if (!this.#endNumber()) return 'damaged';
      else if (this.#numbers.length === 2 * this.#count) return 'complete';
    }
    return this.#digits.length > 20 ? 'damaged' : 'more';
  }

  get map(): SparseMap {
    return pairUp(this.#numbers);
  }

  #endNumber(): boolean {
    const number = /^\d+$/.test(this.#digits) ? parseInteger(this.#digits) : undefined;
    this.#digits = '';
    if (number === undefined) return false;
    if (Number.isNaN(this.#count)) this.#count = number;
    else this.#numbers.push(number);
    return true;
  }
}
