import { open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import { requireReadable, sniffCompression, sniffLength } from './compression.ts';
import { openDirectoryFiles } from './directoryFiles.ts';
import type { FilesPort, OpenFilesOptions } from './filesPort.ts';
import { spoolArchive } from './spoolArchive.ts';
import { openTarFiles } from './tarFiles.ts';

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
