import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { toEngineError } from '../base/errors.ts';
import type { ColumnLayerIndex } from './columnLayerIndex.ts';
import {
  byteOrderMarker,
  crcOfTable,
  elementTypeOf,
  formatVersion,
  headerSize,
  magic,
  rowSize,
  sectionNames,
} from './indexSections.ts';
import type { Numbers } from './layerColumns.ts';

/**
 * Writes a layer's index to a file, beside it first and then by rename: a reader sees a whole index or none.
 *
 * @param checkpoints the section of `checkpoints.ts`, where the layer has one.
 * @throws EngineError the disk's failures.
 */
export async function writeLayerIndex(
  file: string,
  index: ColumnLayerIndex,
  checkpoints?: Uint8Array,
): Promise<void> {
  const draft = `${file}-${randomBytes(8).toString('hex')}.tmp`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await writeAll(handle, layOutFile(index, checkpoints));
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw toEngineError(error, file);
  }
}

/** The file's bytes in pieces, one after another. */
function layOutFile(index: ColumnLayerIndex, checkpoints: Uint8Array | undefined): readonly Uint8Array[] {
  const sections = sectionsOf(index, checkpoints);
  const head = Buffer.alloc(headerSize + sections.length * rowSize);
  const pieces: Uint8Array[] = [head];
  let at = head.length;
  let columnsEnd = at;
  let crc = 0;
  sections.forEach(({ name, column }, row) => {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    const padded = [bytes, new Uint8Array((8 - (bytes.length % 8)) % 8)];
    writeRow(head, row, sectionNames.indexOf(name), column, at);
    pieces.push(...padded);
    at += bytes.length + (padded[1]?.length ?? 0);
    if (name === 'checkpoints') return;
    columnsEnd = at;
    // The crc32 of Node 22.15 takes some empty arrays for a new start.
    for (const piece of padded) if (piece.length > 0) crc = crc32(piece, crc);
  });
  writeHeader(head, sections.length, columnsEnd, at, crc);
  return pieces;
}

interface Section {
  readonly name: (typeof sectionNames)[number];
  readonly column: Numbers;
}

function sectionsOf(index: ColumnLayerIndex, checkpoints: Uint8Array | undefined): readonly Section[] {
  const info = Buffer.from(JSON.stringify(index.info));
  const columns = sectionNames.flatMap((name): Section[] =>
    name === 'info' || name === 'checkpoints' ? [] : [{ name, column: index.columns[name] }],
  );
  const last: Section[] = checkpoints === undefined ? [] : [{ name: 'checkpoints', column: checkpoints }];
  return [{ name: 'info', column: info }, ...columns, ...last];
}

function writeRow(head: Buffer, row: number, name: number, column: Numbers, at: number): void {
  const start = headerSize + row * rowSize;
  head.writeUInt32LE(name, start);
  head.writeUInt32LE(elementTypeOf(column), start + 4);
  head.writeDoubleLE(at, start + 8);
  head.writeDoubleLE(column.length, start + 16);
}

function writeHeader(head: Buffer, sections: number, columnsEnd: number, end: number, crc: number): void {
  head.write(magic, 0, 'latin1');
  head.writeUInt32LE(formatVersion, 8);
  new Uint32Array(head.buffer, head.byteOffset + 12, 1)[0] = byteOrderMarker;
  head.writeUInt32LE(sections, 16);
  head.writeDoubleLE(columnsEnd, 24);
  head.writeDoubleLE(end, 32);
  head.writeUInt32LE(crc, 40);
  head.writeUInt32LE(crcOfTable(head), 20);
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) if (piece.length > 0) await handle.writeFile(piece);
}
