import type { CallOptions } from '../base/progress.ts';
import type { Problem } from '../base/problem.ts';
import type { BlobLocation } from './blobLocation.ts';
import { open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import { requireReadable, sniffCompression, sniffLength } from './compression.ts';
import { openDirectoryFiles } from './directoryFiles.ts';
import { spoolArchive } from './spoolArchive.ts';
import { openTarFiles } from './tarFiles.ts';

/**
 * The files of a directory or of an archive, read-only, by one kind of name: relative, `/` between components, no `.`
 * and no empty component, as text (see `toText`). Links count as the file they lead to, inside the root only.
 */
export interface FilesPort extends AsyncDisposable {
  readonly kind: 'directory' | 'archive';
  /** The path that was opened. */
  readonly path: string;
  /** What is wrong with it as a whole: cut short, damaged, entries that point outside. */
  readonly problems: readonly Problem[];
  /** Every regular file, each name once. For a directory this walks it. */
  list(options?: CallOptions): Promise<readonly FileEntry[]>;
  /** The file of that name, or undefined when there is none (a directory, a broken link and a device are none). */
  stat(name: string): Promise<FileEntry | undefined>;
  /** Where the file's bytes lie on disk; valid until the port is closed. */
  locate(name: string): Promise<BlobLocation | undefined>;
  /** A small file whole. @throws EngineError `too-large` beyond `limit` bytes. */
  read(name: string, limit: number): Promise<Buffer | undefined>;
}

export interface FileEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface OpenFilesOptions extends CallOptions {
  /** Where an archive that is compressed as a whole is unpacked to, in a file of its own that goes away on close. */
  readonly spoolDirectory: string;
}

/**
 * Opens a directory, a tar, or a tar compressed as a whole with gzip or zstd; the bytes decide.
 *
 * @throws EngineError `not-found`; `invalid-archive` when it is no tar; `unsupported` for bzip2 and xz.
 */
export async function openFiles(path: string, options: OpenFilesOptions): Promise<FilesPort> {
  const head = await readHead(path);
  if (head === 'directory') return openDirectoryFiles(path);
  const compression = requireReadable(sniffCompression(head), path);
  if (compression === 'empty') throw new EngineError('invalid-archive', path, 'the file is empty');
  if (compression === 'tar') return openTarFiles({ path, file: path, ...options });
  const spool = await spoolArchive(path, compression, options);
  try {
    return await openTarFiles({ path, ...spool, ...options });
  } catch (error) {
    await spool.remove();
    throw error;
  }
}

async function readHead(path: string): Promise<Uint8Array | 'directory'> {
  try {
    await using file = await open(path, 'r');
    if ((await file.stat()).isDirectory()) return 'directory';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffLength), 0, sniffLength, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw toEngineError(error, path);
  }
}
