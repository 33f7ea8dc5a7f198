import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { toEngineError } from '../base/errors.ts';

/** Bytes whose number is known before they are sent. */
export interface HeldBytes extends AsyncDisposable {
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Holds bytes that come from somewhere: few in memory, many in a file that is removed when they are disposed of.
 *
 * @throws what the bytes throw; EngineError `no-space`, `denied`, `cancelled`.
 */
export async function holdBytes(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  directory: string,
  signal?: AbortSignal,
): Promise<HeldBytes> {
  if (content instanceof Uint8Array) return inMemory([content], content.length);
  const pieces: Uint8Array[] = [];
  let size = 0;
  const rest = content[Symbol.asyncIterator]();
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    pieces.push(next.value);
    size += next.value.length;
    if (size > mostInMemory) return inFile(pieces, rest, directory, signal);
  }
  return inMemory(pieces, size);
}

/** What is in memory, as a stream. */
// eslint-disable-next-line @typescript-eslint/require-await -- it is there at once.
export async function* givenAtOnce(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const mostInMemory = 4 * 2 ** 20;

function inMemory(pieces: readonly Uint8Array[], size: number): HeldBytes {
  return {
    size,
    read: () => givenAtOnce(pieces),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function inFile(
  pieces: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<HeldBytes> {
  const file = path.join(directory, `held-${randomBytes(12).toString('hex')}`);
  const remove = (): Promise<void> => rm(file, { force: true });
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const size = await writeAll(file, pieces, rest, signal);
    const read = (): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 2 ** 18 });
    return { size, read, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await rest.return?.();
    await remove();
    throw toEngineError(error, file);
  }
}

async function writeAll(
  file: string,
  pieces: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  await using handle = await open(file, 'wx', 0o600);
  let size = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    throwIfAborted(signal, file);
    await handle.writeFile(bytes);
    size += bytes.length;
  };
  for (const bytes of pieces) await write(bytes);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) await write(next.value);
  return size;
}
