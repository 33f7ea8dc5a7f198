import type { ByteRange } from '../base/byteRange.ts';

/** Where a blob's bytes lie: a range of a file on disk. Crosses process borders as it is. */
export interface BlobLocation {
  readonly file: string;
  /** Bytes from the file's start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Where only a part of the blob is there: the bytes of it that may be read, counted from its start. */
  readonly present?: ByteRange;
}
