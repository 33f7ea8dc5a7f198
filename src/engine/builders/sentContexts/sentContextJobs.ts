import { openBuildahContext } from '../../build/buildah/openBuildahContext.ts';
import type { BuildahContext, CopySettings } from '../../build/buildah/buildahInput.ts';
import { noNames, readOwnerNames, readRootNames } from '../../build/buildah/ownerNames.ts';
import type { CopyAnswer, CopyQuestion } from '../../build/buildah/copyDigest.ts';
import type { ClassicContext } from '../../build/classic/classicInput.ts';
import type { CopySum } from '../../build/classic/copySum.ts';
import { openClassicContext } from '../../build/classic/openClassicContext.ts';
import type { KnownSum } from '../../build/classic/sentContext.ts';
import type { JobContext } from '../../base/jobServer.ts';
import { rulesOf } from '../prepare/buildFiles.ts';

/** What a thread does for contexts of builders that read every file anew. */
export interface SentContextJobs {
  readonly classicSum: {
    readonly request: ClassicContextRequest & { readonly sources: readonly string[] };
    readonly result: CopySum;
  };
  readonly buildahDigests: {
    readonly request: BuildahContextRequest & {
      readonly question: CopyQuestion;
      readonly settings: CopySettings;
    };
    readonly result: CopyAnswer;
  };
}

/** `prediction` names one: within it, a context is looked at once. */
export interface ClassicContextRequest {
  readonly prediction: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly hasTypeBits: boolean;
}

export interface BuildahContextRequest {
  readonly prediction: string;
  readonly directory: string;
  /** The ignore file's text; undefined when there is none. */
  readonly ignoreFile: string | undefined;
  readonly hashesNames: boolean;
  /** To Podman's service, in an archive where every file belongs to root and has no extended attributes. */
  readonly isSent: boolean;
  readonly mayStartPrograms: boolean;
}

export type SentContextHandlers = {
  readonly [Name in keyof SentContextJobs]: (
    request: SentContextJobs[Name]['request'],
    context: JobContext,
  ) => Promise<SentContextJobs[Name]['result']>;
};

/** As many predictions, and contexts with their sums, are remembered. */
const mostRemembered = 8;

export function sentContextJobs(): SentContextHandlers {
  const classic = new Remembered<ClassicContext>();
  const sums = new Remembered<Map<string, KnownSum>>();
  const buildah = new Remembered<BuildahContext>();
  return {
    classicSum: ({ prediction, context, dockerfile, hasTypeBits, sources }) => {
      const known = sums.of(`${context} ${hasTypeBits}`, () => new Map());
      return classic
        .of(prediction, () => openClassicContext({ context, dockerfile }, { known, hasTypeBits }))
        .sum(sources);
    },
    buildahDigests: ({ prediction, directory, question, settings, ...request }) =>
      buildah.of(`${prediction} ${directory}`, () => openOf(directory, request)).digests(question, settings),
  };
}

function openOf(
  directory: string,
  {
    ignoreFile,
    hashesNames,
    isSent,
    mayStartPrograms,
  }: Omit<BuildahContextRequest, 'prediction' | 'directory'>,
): BuildahContext {
  const readNames = isSent ? readRootNames : readOwnerNames;
  return openBuildahContext(directory, {
    rules: rulesOf(ignoreFile === undefined ? undefined : { path: '.dockerignore', text: ignoreFile }),
    names: hashesNames ? readNames(directory) : noNames,
    hasAttributes: !isSent,
    mayStartPrograms,
  });
}

class Remembered<T> {
  readonly #known = new Map<string, T>();

  of(key: string, make: () => T): T {
    const value = this.#known.get(key) ?? make();
    this.#known.delete(key);
    this.#known.set(key, value);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostRemembered && oldest !== undefined) this.#known.delete(oldest);
    return value;
  }
}
