import { crc32 } from 'node:zlib';
import type { LayerColumns, Numbers } from './layerColumns.ts';

/**
 * The form of an index file. Little endian, as every machine is that runs Node in practice; a marker notices others.
 *
 * Header (64 bytes): `LAMINIDX`, `u32` version, `u32` byte order marker, `u32` number of sections, `u32` CRC-32 of
 * header and table (this field 0), `f64` end of the columns, `f64` end of the file, `u32` CRC-32 of the columns.
 * Table: for each section `u32` name, `u32` element type, `f64` place in the file, `f64` number of elements.
 * Sections: the columns and the info (JSON), each on 8 bytes; then the checkpoints, which are not read with the rest.
 */
export const formatVersion = 1;
export const headerSize = 64;
export const rowSize = 24;
export const magic = 'LAMINIDX';
export const byteOrderMarker = 0x01020304;

type SectionName = keyof LayerColumns | 'info' | 'checkpoints';

/** By the number that stands in the table. Only added to; a change of meaning is a new version. */
export const sectionNames: readonly SectionName[] = [
  'info',
  'checkpoints',
  'nameIds',
  'firstChildren',
  'modes',
  'flags',
  'ownerIds',
  'sizes',
  'mtimes',
  'payloads',
  'hashes',
  'nameHeap',
  'nameEnds',
  'owners',
  'devices',
  'targetHeap',
  'targetEnds',
  'xattrHeap',
  'xattrEnds',
  'sparsePieces',
  'sparseEnds',
  'lowerHeap',
  'lowerEnds',
  'nanosecondNodes',
  'nanoseconds',
  'xattrNodes',
  'xattrIds',
  'sparseNodes',
  'sparseIds',
  'linkedNodes',
  'linkGroups',
  'linkedByGroup',
  'lowerNodes',
  'lowerOwn',
];

/** Element types by the number in the table. */
const elementTypes = [Uint8Array, Uint16Array, Uint32Array, Float64Array] as const;

export function elementTypeOf(column: Numbers): number {
  return elementTypes.findIndex((type) => column instanceof type);
}

/** A view of the file's bytes; undefined when the elements are of no known type or not where they may be. */
export function viewColumn(
  bytes: ArrayBuffer,
  elementType: number,
  start: number,
  count: number,
): Numbers | undefined {
  const type = elementTypes[elementType];
  if (type === undefined || !(start >= 0 && count >= 0 && start % 8 === 0)) return undefined;
  if (!Number.isInteger(count) || start + count * type.BYTES_PER_ELEMENT > bytes.byteLength) return undefined;
  return new type(bytes, start, count);
}

/** CRC-32 of a header and table whose own field is taken as 0. */
export function crcOfTable(head: Buffer): number {
  const copy = Buffer.from(head);
  copy.writeUInt32LE(0, 20);
  return crc32(copy);
}
