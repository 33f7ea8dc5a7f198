import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import { ColumnLayerIndex } from './columnLayerIndex.ts';
import {
  byteOrderMarker,
  crcOfTable,
  formatVersion,
  headerSize,
  magic,
  rowSize,
  sectionNames,
  viewColumn,
} from './indexSections.ts';
import type { LayerColumns, LayerInfo, Numbers } from './layerColumns.ts';

/**
 * The index in a file that `writeLayerIndex` wrote: one read, then views of its memory.
 *
 * @throws EngineError `not-found`; `damaged` when the file is not byte for byte what was written, or of another version:
 * the caller builds it anew.
 */
export async function openLayerIndex(file: string): Promise<ColumnLayerIndex> {
  return withFile(file, async (handle) => {
    const head = await readHead(handle, file);
    const bytes = await readColumns(handle, head, file);
    return new ColumnLayerIndex({ columns: columnsOf(head, bytes, file), info: infoOf(head, bytes, file) });
  });
}

/** Where the checkpoints lie in an index file; undefined when it has none. @throws EngineError as {@link openLayerIndex}. */
export async function locateCheckpoints(file: string): Promise<BlobLocation | undefined> {
  return withFile(file, async (handle) => {
    const row = (await readHead(handle, file)).rows.get('checkpoints');
    return row === undefined ? undefined : { file, offset: row.start, size: row.count };
  });
}

interface Head {
  readonly tableEnd: number;
  readonly columnsEnd: number;
  readonly columnsCrc: number;
  readonly rows: ReadonlyMap<string, Row>;
}

interface Row {
  readonly elementType: number;
  readonly start: number;
  readonly count: number;
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await open(file, 'r');
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toEngineError(error, file);
  }
}

async function readHead(handle: FileHandle, file: string): Promise<Head> {
  const largest = headerSize + sectionNames.length * rowSize;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(largest), 0, largest, 0);
  if (bytesRead < headerSize || buffer.toString('latin1', 0, 8) !== magic) throw damaged(file, 'its magic');
  if (buffer.readUInt32LE(8) !== formatVersion) throw damaged(file, 'its version');
  const marker = new Uint32Array(buffer.buffer, buffer.byteOffset + 12, 1)[0];
  const sections = buffer.readUInt32LE(16);
  const tableEnd = headerSize + sections * rowSize;
  if (marker !== byteOrderMarker || tableEnd > bytesRead) throw damaged(file, 'its table');
  const table = buffer.subarray(0, tableEnd);
  if (crcOfTable(table) !== table.readUInt32LE(20)) throw damaged(file, 'its table');
  if ((await handle.stat()).size !== table.readDoubleLE(32)) throw damaged(file, 'its length');
  return {
    tableEnd,
    columnsEnd: table.readDoubleLE(24),
    columnsCrc: table.readUInt32LE(40),
    rows: rowsOf(table, sections),
  };
}

function rowsOf(table: Buffer, sections: number): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (let row = 0; row < sections; row++) {
    const at = headerSize + row * rowSize;
    rows.set(sectionNames[table.readUInt32LE(at)] ?? '', {
      elementType: table.readUInt32LE(at + 4),
      start: table.readDoubleLE(at + 8),
      count: table.readDoubleLE(at + 16),
    });
  }
  return rows;
}

function columnsOf(head: Head, bytes: ArrayBuffer, file: string): LayerColumns {
  const columns = new Map<string, Numbers>();
  for (const [name, { elementType, start, count }] of head.rows) {
    const column = name === 'checkpoints' ? undefined : viewColumn(bytes, elementType, start, count);
    if (column !== undefined) columns.set(name, column);
  }
  for (const name of sectionNames)
    if (name !== 'checkpoints' && !columns.has(name)) throw damaged(file, `its ${name}`);
  // Every name was just found, and the checksum says that the lengths are those that were written.
  return Object.fromEntries(columns) as unknown as LayerColumns;
}

function infoOf(head: Head, bytes: ArrayBuffer, file: string): LayerInfo {
  const { start, count } = head.rows.get('info') ?? { start: 0, count: 0 };
  try {
    return JSON.parse(Buffer.from(bytes, start, count).toString()) as LayerInfo;
  } catch (cause) {
    throw new EngineError('damaged', file, 'its info is not JSON', { cause });
  }
}

/** Read and checked a piece at a time: the thread may be one that a person waits for. */
const pieceSize = 2 ** 20;

/** The file up to the end of its columns. What is checked are the bytes that are used: the table lies in them too. */
async function readColumns(handle: FileHandle, head: Head, file: string): Promise<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(head.columnsEnd);
  let crc = 0;
  for (let done = 0; done < bytes.length;) {
    const wanted = Math.min(pieceSize, bytes.length - done);
    const { bytesRead } = await handle.read(bytes, done, wanted, done);
    if (bytesRead === 0) throw damaged(file, 'its length');
    crc = crc32(bytes.subarray(Math.max(done, head.tableEnd), done + bytesRead), crc);
    done += bytesRead;
  }
  if (crc !== head.columnsCrc) throw damaged(file, 'its columns');
  return bytes.buffer;
}

function damaged(file: string, what: string): EngineError {
  return new EngineError('damaged', file, `${what} is not what was written`);
}
