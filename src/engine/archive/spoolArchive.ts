import type { Problem } from '../base/problem.ts';
import type { OnProgress } from '../base/progress.ts';
import type { OpenFilesOptions } from './filesPort.ts';
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isEngineError, toEngineError } from '../base/errors.ts';
import { decompress } from './decompress.ts';

/** An archive unpacked to a file of its own. */
export interface Spool {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Removes the file; safe to call again. */
  readonly remove: () => Promise<void>;
}

/**
 * Unpacks an archive that is compressed as a whole. One that is cut short or damaged gives what could be unpacked, and a
 * problem; a failure to write, or a cancel, leaves nothing behind.
 */
export async function spoolArchive(
  archive: string,
  compression: 'gzip' | 'zstd',
  options: OpenFilesOptions,
): Promise<Spool> {
  await mkdir(options.spoolDirectory, { recursive: true, mode: 0o700 });
  const file = path.join(options.spoolDirectory, `archive-${randomBytes(12).toString('hex')}.tar`);
  const remove = (): Promise<void> => rm(file, { force: true });
  try {
    return { file, remove, problems: await unpack(archive, file, compression, options) };
  } catch (error) {
    await remove();
    throw toEngineError(error, archive);
  }
}

async function unpack(
  archive: string,
  file: string,
  compression: 'gzip' | 'zstd',
  { signal, onProgress }: OpenFilesOptions,
): Promise<readonly Problem[]> {
  const total = (await stat(archive)).size;
  const problems: Problem[] = [];
  await pipeline(
    createReadStream(archive, { highWaterMark: 2 ** 18 }),
    async function* (source: AsyncIterable<Buffer>) {
      try {
        yield* decompress(metered(source, archive, total, onProgress), compression, { subject: archive });
      } catch (error) {
        if (!isEngineError(error, 'truncated') && !isEngineError(error, 'damaged')) throw error;
        problems.push({ code: 'archive-truncated', subject: archive, detail: error.detail });
      }
    },
    createWriteStream(file, { flags: 'wx', mode: 0o600 }),
    { ...(signal && { signal }) },
  );
  return problems;
}

async function* metered(
  source: AsyncIterable<Buffer>,
  subject: string,
  total: number,
  onProgress: OnProgress | undefined,
): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const bytes of source) {
    yield bytes;
    onProgress?.({ subject, done: (done += bytes.length), total });
  }
}
