import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Host } from './host.ts';
import { UsageError } from './usageError.ts';

/** Standard input in a file, which goes with its folder. */
export interface SpooledInput extends AsyncDisposable {
  readonly file: string;
}

/** Writes standard input to a file, so that it can be read at random. @throws UsageError when it is a terminal. */
export async function spoolStdin({ stdin, signal }: Host): Promise<SpooledInput> {
  if (stdin === undefined) throw new UsageError('load', 'name the archive to load, or pipe it in');
  const folder = await mkdtemp(path.join(tmpdir(), 'lamina-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = path.join(folder, 'stdin.tar');
  try {
    await pipeline(stdin(), createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (error) {
    await dispose();
    throw error;
  }
  return { file, [Symbol.asyncDispose]: dispose };
}
