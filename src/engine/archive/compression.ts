import { EngineError } from '../base/errors.ts';

/** How bytes are packed, as the bytes themselves say. `tar` is everything that is none of the others. */
export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'tar' | 'empty';

/** Bytes needed to tell. */
export const sniffLength = 8;

/** Tells by the first bytes; a zstd stream may begin with a skippable frame (RFC 8878, 3.1.2). */
export function sniffCompression(head: Uint8Array): Compression {
  if (head.length === 0) return 'empty';
  const begins = (...bytes: number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (begins(0x1f, 0x8b, 0x08)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  if (((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18)
    return 'zstd';
  if (begins(0x42, 0x5a, 0x68)) return 'bzip2';
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  return 'tar';
}

/** @throws EngineError `unsupported` for a compression that is recognised but not read. */
export function requireReadable(
  compression: Compression,
  subject: string,
): 'gzip' | 'zstd' | 'tar' | 'empty' {
  if (compression === 'bzip2' || compression === 'xz')
    throw new EngineError('unsupported', subject, `it is compressed with ${compression}`);
  return compression;
}
