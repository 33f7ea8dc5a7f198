/**
 * One tar header with PAX and GNU extensions applied. The scanner reuses one object: copy what you keep.
 * Names are byte strings (see `ByteName`), exactly as stored, not yet cleaned.
 */
export interface TarHeader {
  readonly name: string;
  /** The typeflag byte; NUL is given as `0` (0x30), or `5` (0x35) for a v7 directory (trailing slash). */
  readonly typeflag: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content as the file has them (a sparse file's real size); 0 for header-only types. */
  readonly size: number;
  /** Whole seconds since 1970, rounded down, and the nanoseconds above them. */
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Where the content begins in the tar. */
  readonly dataOffset: number;
  /** `SCHILY.xattr.*` records without the prefix, values as byte strings. */
  readonly xattrs: ReadonlyMap<string, string> | undefined;
  /** Data pieces of a sparse file (offset in the file, length), stored one after another from `dataOffset`. */
  readonly sparseMap: readonly (readonly [offset: number, length: number])[] | undefined;
}

/** Receives a tar in order. */
export interface TarSink {
  entry(header: TarHeader): void;
  /** XXH128 of the content of the entry before (16 bytes, reused); called for files with content when hashing. */
  contentHash(hash: Uint8Array): void;
  /** Something read past: a bad PAX record, an odd typeflag. */
  problem(code: 'tar-damaged' | 'gnu-sparse' | 'unknown-typeflag', subject: string, detail?: string): void;
}
