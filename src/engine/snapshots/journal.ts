import { createHash } from 'node:crypto';
import { EngineError } from '../base/errors.ts';
import type { Disk } from '../store/disk.ts';
import { replaceFile } from '../store/replaceFile.ts';
import { randomName } from '../store/storePlaces.ts';
import { writeFully } from '../store/wholeFile.ts';
import type { ContainerPlaces } from './containerPlaces.ts';

/** Where a reader of the journal is: what it has read ends there. */
export interface JournalPosition {
  /** The first line, which is another one after each {@link Journal.replace}. */
  readonly header: string;
  readonly length: number;
  /** Of the last line. */
  readonly hash: string;
}

export interface JournalRecords {
  /** JSON, one text for each change. */
  readonly records: readonly string[];
  readonly position: JournalPosition;
  /** Whether these are all records, and not only those after the position that was asked for. */
  readonly isFromStart: boolean;
}

/**
 * A file of lines, each with a hash over itself and the hash of the line before. A line that was not written to its end
 * is no line: the next one is written over it. Appending needs the container's lock, reading does not.
 */
export class Journal {
  readonly #disk: Disk;
  readonly #places: ContainerPlaces;

  constructor(disk: Disk, places: ContainerPlaces) {
    this.#disk = disk;
    this.#places = places;
  }

  /**
   * The records after a position, or all of them where there is none, or the journal has been replaced since.
   *
   * @throws EngineError `damaged` when a line is not what was written, and others follow.
   */
  async read(after?: JournalPosition): Promise<JournalRecords> {
    const file = await this.#disk.open(this.#places.journal, 'read');
    try {
      const { size } = await file.facts();
      const header = (await readRange(file, 0, Math.min(size, headerLength))).toString('latin1');
      if (!isHeader(header)) throw this.#damaged('its first line');
      const start = after?.header === header && size >= after.length ? after : startOf(header);
      const tail = await readRange(file, start.length, size);
      return { ...this.#parse(tail.toString('utf8'), start), isFromStart: start !== after };
    } finally {
      await file.close();
    }
  }

  /** The record is on the disk when this returns. */
  async append(at: JournalPosition, record: string): Promise<JournalPosition> {
    const hash = hashOf(at.hash, record);
    const line = Buffer.from(`${hash} ${record}\n`);
    const file = await this.#disk.open(this.#places.journal, 'update');
    try {
      await writeFully(file, line, at.length, this.#places.journal);
      await file.sync();
    } finally {
      await file.close();
    }
    return { header: at.header, length: at.length + line.length, hash };
  }

  /** A new journal with this record alone, which stands for all before it. */
  async replace(record: string): Promise<JournalPosition> {
    const { bytes, position } = journalOf(record);
    await replaceFile(this.#disk, this.#places, this.#places.journal, bytes);
    await this.#disk.syncDirectory(this.#places.container);
    return position;
  }

  #parse(text: string, start: JournalPosition): Omit<JournalRecords, 'isFromStart'> {
    const records: string[] = [];
    let position = start;
    const lines = text.split('\n');
    for (const [at, line] of lines.entries()) {
      const [hash, record] = [line.slice(0, hashLength), line.slice(hashLength + 1)];
      const isWhole = at < lines.length - 1 && hash === hashOf(position.hash, record);
      if (!isWhole) {
        if (hasLineAfter(lines, at)) throw this.#damaged(`the line at byte ${position.length}`);
        break;
      }
      records.push(record);
      position = { ...position, length: position.length + Buffer.byteLength(line) + 1, hash };
    }
    return { records, position };
  }

  #damaged(what: string): EngineError {
    return new EngineError('damaged', this.#places.journal, `${what} is not what was written`);
  }
}

/** The bytes of a new journal. */
export function journalOf(record?: string): {
  readonly bytes: Uint8Array;
  readonly position: JournalPosition;
} {
  const start = startOf(`${headerStart}${randomName()}\n`);
  if (record === undefined) return { bytes: Buffer.from(start.header), position: start };
  const hash = hashOf(start.hash, record);
  const bytes = Buffer.from(`${start.header}${hash} ${record}\n`);
  return { bytes, position: { header: start.header, length: bytes.length, hash } };
}

const headerStart = 'lamina-journal 1 ';
const headerLength = headerStart.length + 17;

function isHeader(text: string): boolean {
  return text.startsWith(headerStart) && /^[0-9a-f]{16}\n$/.test(text.slice(headerStart.length));
}

function startOf(header: string): JournalPosition {
  return { header, length: header.length, hash: hashOf('', header) };
}

const hashLength = 32;

function hashOf(before: string, record: string): string {
  return createHash('sha256').update(`${before}\n${record}`).digest('hex').slice(0, hashLength);
}

/**
 * Whether a line after the one at `bad` follows the line before it. Nothing is written behind a line that did not get
 * to its end, so then the line at `bad` was whole once, and is not to be passed over.
 */
function hasLineAfter(lines: readonly string[], bad: number): boolean {
  for (let at = bad + 1; at < lines.length - 1; at++) {
    const [before, line] = [lines[at - 1] ?? '', lines[at] ?? ''];
    if (line.slice(0, hashLength) === hashOf(before.slice(0, hashLength), line.slice(hashLength + 1)))
      return true;
  }
  return false;
}

async function readRange(
  file: { read(into: Uint8Array, position: number): Promise<number> },
  start: number,
  end: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  let done = 0;
  while (done < bytes.length) {
    const read = await file.read(bytes.subarray(done), start + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
