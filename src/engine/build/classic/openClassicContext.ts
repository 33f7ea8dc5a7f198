import path from 'node:path';
import { EngineError, toEngineError } from '../../base/errors.ts';
import type { BuilderIdentity } from '../builder.ts';
import { readIgnoreFile } from '../ignorefile/ignoreFile.ts';
import { type IgnoreRules, ignoreRules } from '../ignorefile/ignoreRules.ts';
import type { ClassicContext } from './classicInput.ts';
import { Pacer } from '../../base/abort.ts';
import type { SumMemory } from './sumMemory.ts';
import { copySum } from './copySum.ts';
import { readSmallFile } from './readSmallFile.ts';
import { SentContext, type SentContextSettings } from './sentContext.ts';

export interface ClassicContextSettings extends Pick<SentContextSettings, 'known' | 'hasTypeBits'> {
  /** Keeps what went into each sum, for `ClassicInput.filesOfSum`. */
  readonly memory?: SumMemory;
}

/**
 * The context of a build as docker's client would send it now; to be opened anew for each prediction, in a worker. Only
 * `.dockerignore` of the context counts, not one beside the Dockerfile.
 *
 * @param settings `known` is kept between predictions, so that only files that changed are read again.
 * @throws EngineError `not-found`, `denied`; `unsupported` for an ignore file that the client refuses.
 */
export function openClassicContext(
  { context, dockerfile }: { readonly context: string; readonly dockerfile: string },
  settings: ClassicContextSettings = {},
): ClassicContext {
  const isIgnoreFileRandom = isOutside(context, dockerfile);
  const sent = new SentContext(context, rulesOf(context), { ...settings, isIgnoreFileRandom });
  return {
    sum: async (sources, { signal } = {}) => {
      const found = await copySum(sent, sources, new Pacer(signal, context));
      if (found.kind === 'sum') settings.memory?.keep(found.text, found.files);
      return found;
    },
  };
}

/** Whether a Dockerfile does not lie in the context's directory. */
export function isOutside(context: string, dockerfile: string): boolean {
  const inside = path.relative(context, dockerfile);
  return /^\.\.(?:[\\/]|$)/.test(inside) || path.isAbsolute(inside);
}

/**
 * Whether modes have the bits of the type in what a client sends: docker's did up to version 23.
 *
 * @param version of the client's program; undefined when it is not known, then it is taken for a new one.
 */
export function sendsTypeBits({ client }: Pick<BuilderIdentity, 'client'>, version?: string): boolean {
  const [, major] = /^v?([0-9]+)\./.exec(version ?? '') ?? [];
  return major === undefined ? client === 'docker-cli' : Number(major) < 24;
}

function rulesOf(context: string): IgnoreRules {
  const file = path.join(context, '.dockerignore');
  const parsed = ignoreRules(readIgnoreFile(readOptional(file)).map(({ pattern }) => pattern));
  if (parsed.kind === 'refused') throw new EngineError('unsupported', file, parsed.failure);
  return parsed.rules;
}

/** Where people write by hand, nothing is longer. */
const mostBytes = 2 ** 20;

function readOptional(file: string): string {
  try {
    return readSmallFile(file, mostBytes)?.toString('utf8') ?? '';
  } catch (error) {
    const failure = toEngineError(error, file);
    if (failure.code === 'not-found') return '';
    throw failure;
  }
}
