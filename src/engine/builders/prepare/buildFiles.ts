import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, toEngineError } from '../../base/errors.ts';
import type { BuilderKind } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { readIgnoreFile } from '../../build/ignorefile/ignoreFile.ts';
import { type IgnoreRules, ignoreRules } from '../../build/ignorefile/ignoreRules.ts';

/** The ignore file that a build reads. */
export interface IgnoreFile {
  readonly path: string;
  readonly text: string;
}

/** Where people write by hand, nothing is longer. */
const dockerfileLimit = 4 * 2 ** 20;
const ignoreFileLimit = 2 ** 20;

/** @throws EngineError `not-found`, `denied`, `not-a-file`, `too-large`. */
export async function readDockerfile(path: string): Promise<string> {
  const text = await readText(path, dockerfileLimit);
  if (text === undefined) throw new EngineError('not-found', path, 'there is no such Dockerfile');
  return text;
}

/**
 * Finds the ignore file of a build: `<Dockerfile>.dockerignore` beside the Dockerfile wins, for all but the classic builder
 * (build-cache.md §6.1). Undefined when there is none.
 *
 * @throws EngineError `denied`, `not-a-file`, `too-large`.
 */
export async function findIgnoreFile(
  { context, dockerfile }: Pick<BuildRequest, 'context' | 'dockerfile'>,
  kind: BuilderKind,
): Promise<IgnoreFile | undefined> {
  const places = [
    ...(kind === 'buildah' ? [`${dockerfile}.containerignore`] : []),
    ...(kind === 'classic' ? [] : [`${dockerfile}.dockerignore`]),
    ...(kind === 'buildah' ? [join(context, '.containerignore')] : []),
    join(context, '.dockerignore'),
  ];
  for (const path of places) {
    const text = await readText(path, ignoreFileLimit);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

/** @throws EngineError `invalid-path` for a pattern that builders refuse. */
export function rulesOf(file: IgnoreFile | undefined): IgnoreRules {
  const patterns = readIgnoreFile(file?.text ?? '').map(({ pattern }) => pattern);
  const parsed = ignoreRules(patterns);
  if (parsed.kind === 'rules') return parsed.rules;
  throw new EngineError(
    'invalid-path',
    file?.path ?? '',
    `${patterns[parsed.index] ?? ''}: ${parsed.failure}`,
  );
}

/**
 * A text file of a build; undefined when it is not there.
 *
 * @throws EngineError `too-large` beyond `limit` bytes; `denied`, `not-a-file`.
 */
export async function readText(path: string, limit: number): Promise<string | undefined> {
  try {
    // Without waiting: in the place of a file may be a pipe.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new EngineError('not-a-file', path, 'it is no file');
    if (stats.size > limit)
      throw new EngineError('too-large', path, `it has ${stats.size} bytes, and ${limit} are allowed`);
    return (await file.readFile()).toString();
  } catch (error) {
    const failure: EngineError = toEngineError(error, path);
    if (failure.code === 'not-found' || failure.code === 'not-a-directory') return undefined;
    throw failure;
  }
}
