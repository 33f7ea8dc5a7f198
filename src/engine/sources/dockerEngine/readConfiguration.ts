import { open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../../base/errors.ts';

/** Configuration and keys are some kilobytes. */
const limit = 2 ** 20;

/**
 * A small file of the user's, as text; undefined when there is none.
 *
 * @throws EngineError when it cannot be read, is no plain file, or is beyond all bounds.
 */
export async function readConfiguration(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const status = await file.stat();
    if (!status.isFile()) throw new EngineError('not-a-file', path, 'it is no plain file');
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(Math.min(status.size, limit) + 1) });
    if (bytesRead > limit) throw new EngineError('limit-exceeded', path, `it is longer than ${limit} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    const failure = toEngineError(error, path);
    if (failure.code === 'not-found' || failure.code === 'not-a-directory') return undefined;
    throw failure;
  }
}

/** The same as JSON. @throws EngineError `invalid-config` too, when it is none. */
export async function readJsonConfiguration(path: string): Promise<unknown> {
  const text = await readConfiguration(path);
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : '';
    throw new EngineError('invalid-config', path, `it is not JSON (${reason})`, { cause });
  }
}
