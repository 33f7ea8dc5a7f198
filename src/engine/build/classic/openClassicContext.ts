import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError, toEngineError } from '../../base/errors.ts';
import { readIgnoreFile } from '../ignorefile/ignoreFile.ts';
import { type IgnoreRules, ignoreRules } from '../ignorefile/ignoreRules.ts';
import type { ClassicContext } from './classicInput.ts';
import { copySum } from './copySum.ts';
import { type KnownSum, SentContext } from './sentContext.ts';

/**
 * The context of a build as docker's client would send it now; to be opened anew for each prediction, in a worker. Only
 * `.dockerignore` of the context counts, not one beside the Dockerfile.
 *
 * @param known kept between predictions, so that only files that changed are read again.
 * @throws EngineError `not-found`, `denied`; `unsupported` for an ignore file that the client refuses.
 */
export function openClassicContext(
  { context, dockerfile }: { readonly context: string; readonly dockerfile: string },
  known?: Map<string, KnownSum>,
): ClassicContext {
  const inside = path.relative(context, dockerfile);
  const isIgnoreFileRandom = inside.startsWith('..') || path.isAbsolute(inside);
  const sent = new SentContext(context, rulesOf(context), {
    isIgnoreFileRandom,
    ...(known !== undefined && { known }),
  });
  return { sum: (sources) => Promise.resolve(copySum(sent, sources)) };
}

function rulesOf(context: string): IgnoreRules {
  const file = path.join(context, '.dockerignore');
  const parsed = ignoreRules(readIgnoreFile(readOptional(file)).map(({ pattern }) => pattern));
  if (parsed.kind === 'refused') throw new EngineError('unsupported', file, parsed.failure);
  return parsed.rules;
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const failure = toEngineError(error, file);
    if (failure.code === 'not-found') return '';
    throw failure;
  }
}
