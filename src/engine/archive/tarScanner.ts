import type { ContentHasher } from './contentHasher.ts';
import type { SparseMap } from './sparseMap.ts';
import type { TarHeader, TarSink } from './tarSink.ts';
import { SparseHashing } from './contentHasher.ts';
import { PaxRecords, parsePaxRecords } from './paxRecords.ts';
import { DataSparseMap, OldSparseMap, isSoundMap, paxSparseOf, storedSize } from './sparseMap.ts';
import {
  blockSize,
  dialectOf,
  hasRightChecksum,
  isZeroBlock,
  parseName,
  parseNumber,
  parseText,
} from './tarFields.ts';

/** What the next 512-byte block of the tar is. */
type BlockKind = 'header' | 'old-sparse-map' | 'data-sparse-map';

/** What to do with the bytes between two blocks. */
type BodyKind = 'skip' | 'hash' | 'long-name' | 'long-link' | 'pax';

/** More than any honest long name, PAX header or sparse map (formats.md §2.4). */
const maxMetadataSize = 2 ** 20;
/** Zeros hashed for the holes of all sparse files of one tar, so that a small tar cannot claim hours of work. */
const maxHoleBytes = 2 ** 30;

/**
 * Reads a tar as it streams by and tells a sink what is in it: ustar, v7, star, GNU and PAX, sparse files included.
 * What a damaged tar holds before the damage is told, then a `tar-damaged` problem, then nothing. Bytes after the end
 * marker are counted, not read. Memory is bounded by the metadata limits whatever the tar claims.
 *
 * Push everything, then call {@link finish} once. Where the bytes can be sought, {@link skippable} bytes after a push
 * need not be read: {@link skip} them (only without a hasher).
 */
export class TarScanner {
  readonly #sink: TarSink;
  readonly #hasher: ContentHasher | undefined;
  readonly #header: { -readonly [K in keyof TarHeader]: TarHeader[K] } = emptyHeader();

  /** Offset in the tar of the first byte of the piece being pushed. */
  #base = 0;
  readonly #block = Buffer.alloc(blockSize);
  #held = 0;
  #blockKind: BlockKind = 'header';
  #bodyKind: BodyKind = 'skip';
  /** Bytes left of the body, and of its padding after that. */
  #bodyLeft = 0;
  #paddingLeft = 0;
  #zeroBlocks = 0;
  #end: 'none' | 'marked' | 'damaged' = 'none';

  /** A metadata body that crosses pieces, gathered. */
  #metadata = Buffer.alloc(4096);
  #metadataHeld = 0;
  #pax: PaxRecords | undefined;
  #longName: string | undefined;
  #longLink: string | undefined;

  #oldSparseMap: OldSparseMap | undefined;
  #dataSparseMap: DataSparseMap | undefined;
  #sparseHashing: SparseHashing | undefined;
  #holeBytes = 0;

  /** @param hasher hashes every file's content when given. */
  constructor(sink: TarSink, hasher?: ContentHasher) {
    this.#sink = sink;
    this.#hasher = hasher;
  }

  /** Bytes of the tar pushed and skipped so far. */
  get position(): number {
    return this.#base;
  }

  /** Whether the end marker was met, or damage that cannot be read past: the rest is only counted. */
  get hasEnded(): boolean {
    return this.#end !== 'none';
  }

  /** Whether the tar was left at damage. */
  get isDamaged(): boolean {
    return this.#end === 'damaged';
  }

  /** Bytes from {@link position} on whose values do not matter. */
  get skippable(): number {
    if (this.#end !== 'none') return Infinity;
    return this.#bodyKind === 'skip' || this.#bodyLeft === 0 ? this.#bodyLeft + this.#paddingLeft : 0;
  }

  /** Goes on as if `count` bytes, at most {@link skippable}, had been pushed. */
  skip(count: number): void {
    const body = Math.min(count, this.#bodyLeft);
    this.#bodyLeft -= body;
    this.#paddingLeft -= Math.min(count - body, this.#paddingLeft);
    this.#base += count;
  }

  /** Takes the next piece; the bytes are the caller's again on return. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && this.#end === 'none') {
      if (this.#bodyLeft > 0) at = this.#readBody(bytes, at);
      else if (this.#paddingLeft > 0) at = this.#readPadding(bytes, at);
      else at = this.#readBlock(bytes, at);
    }
    this.#base += bytes.length;
  }

  /** Says that the tar has no more bytes. A missing end marker and missing padding are no damage; a cut entry is. */
  finish(): void {
    if (this.#end !== 'none') return;
    if (this.#bodyLeft > 0 || this.#blockKind !== 'header')
      this.#stop(this.#header.name, 'the tar ends within an entry');
    else if (this.#held > 0) this.#stop(`byte ${this.#base}`, 'the tar ends within a header');
  }

  #readPadding(bytes: Buffer, at: number): number {
    const count = Math.min(this.#paddingLeft, bytes.length - at);
    this.#paddingLeft -= count;
    return at + count;
  }

  #readBlock(bytes: Buffer, at: number): number {
    if (this.#held === 0 && bytes.length - at >= blockSize) {
      this.#takeBlock(bytes, at, this.#base + at + blockSize);
      return at + blockSize;
    }
    const count = Math.min(blockSize - this.#held, bytes.length - at);
    bytes.copy(this.#block, this.#held, at, at + count);
    this.#held += count;
    if (this.#held === blockSize) {
      this.#held = 0;
      this.#takeBlock(this.#block, 0, this.#base + at + count);
    }
    return at + count;
  }

  /** @param end the tar's offset after the block. */
  #takeBlock(bytes: Buffer, at: number, end: number): void {
    if (this.#blockKind === 'header') this.#takeHeader(bytes, at, end);
    else if (this.#blockKind === 'old-sparse-map') this.#takeOldSparseBlock(bytes, at, end);
    else this.#takeDataSparseBlock(bytes, at, end);
  }

  #takeHeader(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] === 0 && isZeroBlock(bytes, at)) {
      if (++this.#zeroBlocks === 2) this.#end = 'marked';
      return;
    }
    const size = parseNumber(bytes, at + 124, 12);
    if (this.#zeroBlocks > 0) this.#stop(`byte ${end - blockSize}`, 'data after a single zero block');
    else if (!hasRightChecksum(bytes, at))
      this.#stop(`byte ${end - blockSize}`, 'a header has a wrong checksum');
    else if (isMetadata(bytes[at + 156])) this.#beginMetadata(bytes, at, size);
    else this.#beginEntry(bytes, at, end, size);
  }

  /* Metadata: long names, PAX records. */

  #beginMetadata(bytes: Buffer, at: number, size: number): void {
    const typeflag = bytes[at + 156];
    if (typeflag === type.paxGlobal) {
      // Docker and containerd ignore what a global header says; it also parts its neighbours.
      this.#forgetMetadata();
      this.#beginBody('skip', size);
      return;
    }
    this.#header.name = parseName(bytes, at, 'v7');
    if (!(size >= 0 && size <= maxMetadataSize))
      this.#stop(this.#header.name, 'a long name or PAX header is too large');
    else {
      this.#beginBody(
        typeflag === type.pax ? 'pax' : typeflag === type.gnuLongName ? 'long-name' : 'long-link',
        size,
      );
      this.#metadataHeld = 0;
      if (size === 0) this.#endMetadata(this.#metadata, 0, 0);
    }
  }

  #beginBody(kind: BodyKind, size: number): void {
    if (!Number.isSafeInteger(this.#base + size) || size < 0) {
      this.#stop(this.#header.name, 'the size is not a number of bytes');
      return;
    }
    this.#bodyKind = kind;
    this.#bodyLeft = size;
    this.#paddingLeft = paddingOf(size);
  }

  #readBody(bytes: Buffer, at: number): number {
    const count = Math.min(this.#bodyLeft, bytes.length - at);
    this.#bodyLeft -= count;
    if (this.#bodyKind === 'hash') this.#hash(bytes, at, at + count);
    else if (this.#bodyKind !== 'skip') this.#gather(bytes, at, at + count);
    return at + count;
  }

  /** A body within one piece is read in place; one that crosses pieces is gathered first. */
  #gather(bytes: Buffer, start: number, end: number): void {
    if (this.#metadataHeld === 0 && this.#bodyLeft === 0) {
      this.#endMetadata(bytes, start, end);
      return;
    }
    const held = this.#metadataHeld + end - start;
    if (held > this.#metadata.length) {
      const larger = Buffer.alloc(Math.max(held, this.#metadata.length * 2));
      this.#metadata.copy(larger, 0, 0, this.#metadataHeld);
      this.#metadata = larger;
    }
    bytes.copy(this.#metadata, this.#metadataHeld, start, end);
    this.#metadataHeld = held;
    if (this.#bodyLeft === 0) this.#endMetadata(this.#metadata, 0, held);
  }

  #endMetadata(bytes: Buffer, start: number, end: number): void {
    if (this.#bodyKind === 'long-name') this.#longName = parseText(bytes, start, end - start);
    else if (this.#bodyKind === 'long-link') this.#longLink = parseText(bytes, start, end - start);
    else {
      this.#pax = new PaxRecords();
      const problem = parsePaxRecords(this.#pax, bytes, start, end);
      if (problem !== undefined) this.#sink.problem('tar-damaged', this.#header.name, problem);
    }
    this.#bodyKind = 'skip';
  }

  #forgetMetadata(): void {
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
  }

  /* Entries. */

  #beginEntry(bytes: Buffer, at: number, end: number, headerSize: number): void {
    this.#readFields(bytes, at);
    const header = this.#header;
    header.dataOffset = end;
    header.size = hasContent(header.typeflag) ? (this.#pax?.size ?? headerSize) : 0;
    if (!(header.size >= 0 && Number.isSafeInteger(end + header.size)))
      this.#stop(header.name, 'the size is not a number of bytes');
    else if (header.typeflag === type.oldSparse && dialectOf(bytes, at) === 'gnu')
      this.#beginOldSparse(bytes, at, end);
    else if (this.#pax?.sparse !== undefined || this.#pax?.sparsePieces !== undefined)
      this.#beginPaxSparse(end);
    else this.#announce(header.size);
  }

  #readFields(bytes: Buffer, at: number): void {
    const header = this.#header;
    const pax = this.#pax;
    const dialect = dialectOf(bytes, at);
    const rawType = bytes[at + 156] ?? 0;
    header.name = this.#longName ?? pax?.path ?? parseName(bytes, at, dialect);
    header.typeflag = rawType !== 0 ? rawType : header.name.endsWith('/') ? type.directory : type.file;
    header.linkName =
      header.typeflag === type.hardLink || header.typeflag === type.symlink
        ? (this.#longLink ?? pax?.linkPath ?? parseText(bytes, at + 157, 100))
        : '';
    header.mode = this.#number(bytes, at + 100, 8);
    header.uid = pax?.uid ?? this.#number(bytes, at + 108, 8);
    header.gid = pax?.gid ?? this.#number(bytes, at + 116, 8);
    header.mtimeSeconds = pax?.mtimeSeconds ?? this.#number(bytes, at + 136, 12);
    header.mtimeNanoseconds = pax?.mtimeNanoseconds ?? 0;
    const hasDevice = dialect !== 'v7' && (header.typeflag === type.char || header.typeflag === type.block);
    header.deviceMajor = hasDevice ? this.#number(bytes, at + 329, 8) : 0;
    header.deviceMinor = hasDevice ? this.#number(bytes, at + 337, 8) : 0;
    header.xattrs = pax?.xattrs;
    header.sparseMap = undefined;
  }

  /** A field that is no number is reported and taken as 0: the header's structure is sound all the same. */
  #number(bytes: Buffer, at: number, length: number): number {
    const value = parseNumber(bytes, at, length);
    if (!Number.isNaN(value)) return value;
    this.#sink.problem('tar-damaged', this.#header.name, 'a field of the header is not a number');
    return 0;
  }

  /** Tells the sink, and prepares for the content that follows. */
  #announce(storedBytes: number): void {
    const header = this.#header;
    this.#blockKind = 'header';
    this.#forgetMetadata();
    if (!isKnown(header.typeflag))
      this.#sink.problem('unknown-typeflag', header.name, typeflagText(header.typeflag));
    this.#sink.entry(header);
    this.#beginBody(this.#beginHash() ? 'hash' : 'skip', storedBytes);
    if (storedBytes === 0 && this.#bodyKind === 'hash') this.#endHash();
  }

  /* Content hashes. */

  #beginHash(): boolean {
    const { size, sparseMap } = this.#header;
    this.#sparseHashing = undefined;
    if (this.#hasher === undefined || size === 0) return false;
    if (sparseMap !== undefined) {
      this.#holeBytes += size - storedSize(sparseMap);
      if (this.#holeBytes > maxHoleBytes) return false;
      this.#sparseHashing = new SparseHashing(this.#hasher, sparseMap, size);
    }
    this.#hasher.init();
    return true;
  }

  #hash(bytes: Buffer, start: number, end: number): void {
    const piece = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    if (this.#sparseHashing === undefined) this.#hasher?.update(piece);
    else this.#sparseHashing.update(piece);
    if (this.#bodyLeft === 0) this.#endHash();
  }

  #endHash(): void {
    this.#sparseHashing?.finish();
    if (this.#hasher !== undefined) this.#sink.contentHash(this.#hasher.digest('binary'));
    this.#bodyKind = 'skip';
  }

  /* Sparse files. */

  #beginOldSparse(bytes: Buffer, at: number, end: number): void {
    this.#oldSparseMap = new OldSparseMap(bytes, at);
    this.#sink.problem('gnu-sparse', this.#header.name);
    this.#endOldSparseBlock(end);
  }

  #takeOldSparseBlock(bytes: Buffer, at: number, end: number): void {
    if (this.#oldSparseMap?.addBlock(bytes, at) === true) this.#endOldSparseBlock(end);
    else this.#stop(this.#header.name, 'the sparse map is too large');
  }

  #endOldSparseBlock(end: number): void {
    const sparse = this.#oldSparseMap;
    this.#blockKind = 'old-sparse-map';
    if (sparse === undefined || sparse.hasMore) return;
    this.#oldSparseMap = undefined;
    this.#announceSparse(sparse.map, sparse.realSize, this.#header.size, end);
  }

  #beginPaxSparse(end: number): void {
    const pax = this.#pax;
    const sparse = pax === undefined ? undefined : paxSparseOf(pax);
    if (pax === undefined || sparse === undefined) {
      this.#announce(this.#header.size);
      return;
    }
    this.#header.name = pax.sparse?.get('name') ?? this.#header.name;
    if (sparse.kind === 'in-data') {
      this.#blockKind = 'data-sparse-map';
      this.#dataSparseMap = new DataSparseMap();
    } else if (sparse.kind === 'in-header')
      this.#announceSparse(sparse.map, this.#paxRealSize(), this.#header.size, end);
    else this.#stop(this.#header.name, 'the sparse map is damaged');
  }

  /** The size of the file with its holes; the stored size when the header does not say. */
  #paxRealSize(): number {
    const text = this.#pax?.sparse?.get('size') ?? this.#pax?.sparse?.get('realsize');
    return text === undefined ? this.#header.size : Number(/^\d{1,19}$/.test(text) ? text : NaN);
  }

  #takeDataSparseBlock(bytes: Buffer, at: number, end: number): void {
    const stored = this.#header.size - (end - this.#header.dataOffset);
    const state = stored < 0 ? 'damaged' : this.#dataSparseMap?.addBlock(bytes, at);
    if (state === 'complete')
      this.#announceSparse(this.#dataSparseMap?.map ?? [], this.#paxRealSize(), stored, end);
    else if (state !== 'more') this.#stop(this.#header.name, 'the sparse map is damaged');
  }

  /** @param storedBytes the data that follows, the holes left out. */
  #announceSparse(map: SparseMap, realSize: number, storedBytes: number, end: number): void {
    const header = this.#header;
    if (!Number.isSafeInteger(realSize) || !isSoundMap(map, realSize) || storedSize(map) !== storedBytes) {
      this.#stop(header.name, 'the sparse map does not fit the file');
      return;
    }
    header.size = realSize;
    header.sparseMap = map;
    header.dataOffset = end;
    this.#announce(storedBytes);
  }

  #stop(subject: string, detail: string): void {
    this.#end = 'damaged';
    this.#sink.problem('tar-damaged', subject, detail);
  }
}

function emptyHeader(): TarHeader {
  return {
    name: '',
    typeflag: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSeconds: 0,
    mtimeNanoseconds: 0,
    linkName: '',
    deviceMajor: 0,
    deviceMinor: 0,
    dataOffset: 0,
    xattrs: undefined,
    sparseMap: undefined,
  };
}

function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

function typeflagText(typeflag: number): string {
  const isPrintable = typeflag > 0x20 && typeflag < 0x7f;
  return isPrintable ? String.fromCharCode(typeflag) : `0x${typeflag.toString(16)}`;
}

/** Typeflags (POSIX ustar; `L`, `K`, `S` of GNU; `x`, `g` of PAX). */
const type = {
  file: 0x30,
  hardLink: 0x31,
  symlink: 0x32,
  char: 0x33,
  block: 0x34,
  directory: 0x35,
  fifo: 0x36,
  oldSparse: 0x53,
  gnuLongName: 0x4c,
  gnuLongLink: 0x4b,
  pax: 0x78,
  paxGlobal: 0x67,
} as const;

function isMetadata(typeflag: number | undefined): boolean {
  return (
    typeflag === type.pax ||
    typeflag === type.paxGlobal ||
    typeflag === type.gnuLongName ||
    typeflag === type.gnuLongLink
  );
}

/** Links, devices, directories and pipes have no content, whatever their size field says (formats.md §2.4). */
function hasContent(typeflag: number): boolean {
  return typeflag < type.hardLink || typeflag > type.fifo;
}

function isKnown(typeflag: number): boolean {
  return (typeflag >= type.file && typeflag <= type.fifo) || typeflag === type.oldSparse;
}
