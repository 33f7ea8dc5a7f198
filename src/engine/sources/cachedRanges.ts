import type { BlobLocation } from '../archive/blobLocation.ts';
import type { ByteRange } from '../base/byteRange.ts';
import { type ByteRanges, missingOf, rangeAround, withRange } from '../base/byteRanges.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import { type Disk, type DiskFile, systemCodeOf, unlessAbsent } from '../store/disk.ts';
import { inEngineTerms } from '../store/inEngineTerms.ts';
import { createFile, readWholeFile, writeFully } from '../store/wholeFile.ts';
import { type CacheNames, isGeneration, newGeneration } from './cacheNames.ts';

/** What the record beside a file of ranges says. */
export interface RangesRecord {
  /** Which file of ranges it speaks of: one that was dropped must not be spoken of by who was just writing to it. */
  readonly generation: string;
  readonly present: ByteRanges;
}

/**
 * Ranges of one blob in a file with holes, and a record of which there are. The record is written after the bytes are on
 * the disk, and is replaced as a whole; of two writers at once one may not be recorded, and is then fetched again.
 */
export class CachedRanges {
  readonly #disk: Disk;
  readonly #names: CacheNames;
  readonly #identity: string;
  readonly #size: number;

  /** @param size bytes of the whole blob. */
  constructor(disk: Disk, names: CacheNames, identity: string, size: number) {
    this.#disk = disk;
    this.#names = names;
    this.#identity = identity;
    this.#size = size;
  }

  /** Where the range can be read, when it is wholly there. */
  locate(range: ByteRange): Promise<BlobLocation | undefined> {
    return inEngineTerms(this.#names.directory, async () => {
      const record = await this.#record();
      const present = record && rangeAround(record.present, range);
      return present && this.#location(record.generation, present);
    });
  }

  /** What has to be fetched before the range can be read, in order. */
  missing(range: ByteRange): Promise<ByteRanges> {
    return inEngineTerms(this.#names.directory, async () =>
      missingOf((await this.#record())?.present ?? [], range),
    );
  }

  /**
   * Takes in a range's bytes.
   *
   * @throws EngineError `size-mismatch` when they are more than the range, `truncated` when fewer, which are kept;
   * failures of the disk, and what `bytes` fails with.
   */
  async add(range: ByteRange, bytes: AsyncIterable<Uint8Array>): Promise<BlobLocation> {
    await inEngineTerms(this.#names.directory, () => this.#disk.makeDirectory(this.#names.directory));
    const generation = (await this.#safeRecord())?.generation ?? newGeneration();
    const end = await this.#write(generation, range, bytes);
    const present = await inEngineTerms(this.#names.directory, () =>
      this.#note(generation, { start: range.start, end }),
    );
    if (end === range.end) return this.#location(generation, present);
    throw new EngineError('truncated', this.#identity, `the range ended ${range.end - end} bytes early`);
  }

  /** Forgets all ranges: some proved damaged. */
  drop(): Promise<void> {
    return inEngineTerms(this.#names.directory, async () => {
      const record = await this.#record();
      if (record === undefined) return;
      await unlessAbsent(this.#disk.remove(this.#names.of(this.#identity, 'present')));
      await unlessAbsent(this.#disk.remove(this.#fileOf(record.generation)));
    });
  }

  #fileOf(generation: string): string {
    return this.#names.ofGeneration(this.#identity, generation, 'ranges');
  }

  #location(generation: string, present: ByteRange): BlobLocation {
    return { file: this.#fileOf(generation), offset: 0, size: this.#size, present };
  }

  /** Returns where the bytes ended. */
  async #write(generation: string, range: ByteRange, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const path = this.#fileOf(generation);
    const file = await inEngineTerms(path, () => openToUpdate(this.#disk, path));
    let at = range.start;
    try {
      for await (const piece of bytes) {
        if (at + piece.length > range.end)
          throw new EngineError('size-mismatch', this.#identity, 'more bytes came than were asked for');
        await inEngineTerms(path, () => writeFully(file, piece, at, path));
        at += piece.length;
      }
      await inEngineTerms(path, () => file.sync());
      return at;
    } finally {
      await file.close().catch((error: unknown) => {
        throw toEngineError(error, path);
      });
    }
  }

  /** Records the range; returns what is now there around it. */
  async #note(generation: string, range: ByteRange): Promise<ByteRange> {
    const known = await this.#record();
    // Somebody has begun another file meanwhile: this one's bytes are read once and then forgotten.
    if (known !== undefined && known.generation !== generation) return range;
    const present = withRange(known?.present ?? [], range);
    await this.#replace({ generation, present });
    return rangeAround(present, range) ?? range;
  }

  async #replace(record: RangesRecord): Promise<void> {
    const temporary = this.#names.own(this.#identity, 'tmp');
    try {
      await createFile(this.#disk, temporary, Buffer.from(JSON.stringify(record)));
      await this.#disk.rename(temporary, this.#names.of(this.#identity, 'present'));
    } catch (error) {
      await this.#disk.remove(temporary).catch(() => undefined);
      throw error;
    }
  }

  #safeRecord(): Promise<RangesRecord | undefined> {
    return inEngineTerms(this.#names.directory, () => this.#record());
  }

  /** What there is; undefined too when the record's file is gone. */
  async #record(): Promise<RangesRecord | undefined> {
    const record = await readRecord(this.#disk, this.#names.of(this.#identity, 'present'));
    if (record === undefined) return undefined;
    const facts = await unlessAbsent(this.#disk.facts(this.#fileOf(record.generation)));
    const end = record.present.at(-1)?.end ?? 0;
    return facts !== undefined && facts.size >= end && end <= this.#size ? record : undefined;
  }
}

/** The record of a file of ranges; undefined when there is none, or none that can be understood. */
export async function readRecord(disk: Disk, path: string): Promise<RangesRecord | undefined> {
  const bytes = await unlessAbsent(readWholeFile(disk, path, recordLimit));
  return bytes && parseRecord(bytes);
}

const recordLimit = 4 * 2 ** 20;

function parseRecord(bytes: Uint8Array): RangesRecord | undefined {
  try {
    const { generation, present } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<
      string,
      unknown
    >;
    if (!isGeneration(generation) || !Array.isArray(present)) return undefined;
    return { generation, present: present.map(toRange).reduce<ByteRanges>(withRange, []) };
  } catch {
    return undefined;
  }
}

function toRange(value: unknown): ByteRange {
  const { start, end } = value as ByteRange;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new EngineError('damaged', 'ranges', 'no range');
  return { start, end };
}

async function openToUpdate(disk: Disk, path: string): Promise<DiskFile> {
  const known = await unlessAbsent(disk.open(path, 'update'));
  if (known !== undefined) return known;
  try {
    return await disk.open(path, 'create');
  } catch (error) {
    // Another writer was first.
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    return await disk.open(path, 'update');
  }
}
