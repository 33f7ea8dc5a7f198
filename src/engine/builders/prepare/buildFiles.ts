import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { EngineError, toEngineError } from '../../base/errors.ts';
import { type BuilderIdentity, type BuilderKind, isSentAsTar } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { isOutside } from '../../build/classic/openClassicContext.ts';
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
 * Finds the ignore file of a build. `<Dockerfile>.dockerignore` beside the Dockerfile wins over the context's own for BuildKit
 * (build-cache.md §6.1) and buildah, which has `.containerignore` of both besides; the classic builder reads the context's
 * alone. Podman's client looks in the context first, and its service by buildah's rule again: what either leaves out is not
 * there. BuildKit that is sent a tar reads the Dockerfile out of that, so that it is there although it is ignored. Undefined
 * when there is none.
 *
 * @throws EngineError `denied`, `not-a-file`, `too-large`.
 */
export async function findIgnoreFile(
  { context, dockerfile }: Pick<BuildRequest, 'context' | 'dockerfile'>,
  { kind, client }: Pick<BuilderIdentity, 'kind' | 'client'>,
): Promise<IgnoreFile | undefined> {
  const beside = [
    `${dockerfile}.dockerignore`,
    ...(kind === 'buildah' ? [`${dockerfile}.containerignore`] : []),
  ];
  const own = kind === 'classic' ? undefined : await firstOf(beside);
  const alsoReads = own === undefined || client === 'podman';
  const ofContext = alsoReads ? await findContextIgnoreFile(context, kind) : undefined;
  const found = own !== undefined && ofContext !== undefined ? both(own, ofContext) : (own ?? ofContext);
  const isInTar = isSentAsTar({ kind, client }) && !isOutside(context, dockerfile);
  return found && isInTar ? withDockerfile(found, relative(context, dockerfile)) : found;
}

/** The context's own. @throws EngineError `denied`, `not-a-file`, `too-large`. */
export function findContextIgnoreFile(context: string, kind: BuilderKind): Promise<IgnoreFile | undefined> {
  const names = [...(kind === 'buildah' ? ['.containerignore'] : []), '.dockerignore'];
  return firstOf(names.map((name) => join(context, name)));
}

async function firstOf(paths: readonly string[]): Promise<IgnoreFile | undefined> {
  for (const path of paths) {
    const text = await readText(path, ignoreFileLimit);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

/** What any of them leaves out: the one that takes something back comes first, so that it takes nothing from the other. */
function both(own: IgnoreFile, other: IgnoreFile): IgnoreFile {
  const takesBack = /^\s*!/m.test(own.text);
  const texts = takesBack ? [own.text, other.text] : [other.text, own.text];
  return { path: own.path, text: texts.join('\n') };
}

function withDockerfile({ path, text }: IgnoreFile, dockerfile: string): IgnoreFile {
  const pattern = dockerfile
    .split(sep)
    .join('/')
    .replaceAll(/[\\*?[\]]/g, '\\$&');
  return { path, text: `${text}\n!${pattern}\n` };
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
