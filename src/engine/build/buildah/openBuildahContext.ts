import { SentContext } from '../classic/sentContext.ts';
import type { IgnoreRules } from '../ignorefile/ignoreRules.ts';
import type { BuildahContext } from './buildahInput.ts';
import { copyDigests, type CopyQuestion, itemsOf } from './copyDigest.ts';
import { readAttributes } from './fileAttributes.ts';
import type { OwnerNames } from './ownerNames.ts';

export interface BuildahContextSettings {
  /** Of `<Dockerfile>.containerignore`, `<Dockerfile>.dockerignore`, `.containerignore` or `.dockerignore`. */
  readonly rules: IgnoreRules;
  /** `readOwnerNames`, or `noNames` where `buildahRules` says so. */
  readonly names: OwnerNames;
  /** Whether a program may be started to read extended attributes. */
  readonly mayStartPrograms: boolean;
}

/** A directory as buildah would copy from it now; to be opened anew for each prediction, in a worker. */
export function openBuildahContext(directory: string, settings: BuildahContextSettings): BuildahContext {
  const { rules: ignored, names, mayStartPrograms } = settings;
  const context = new SentContext(directory, ignored);
  const pathsOf = ({ sources }: CopyQuestion): readonly string[] =>
    sources.flatMap((source) => itemsOf(context, source).map(({ path }) => path));
  return {
    digests: (question, { owner, mode, withAttributes = false, keepsOwners = false }) => {
      const attributes =
        withAttributes && mayStartPrograms
          ? readAttributes(context, directory, pathsOf(question))
          : undefined;
      if (withAttributes && attributes === undefined)
        return Promise.resolve({
          kind: 'unknown',
          why: 'extended attributes of its files cannot be read here',
        });
      const answer = copyDigests(context, question, {
        names,
        owner: owner ?? (keepsOwners ? undefined : { uid: 0, gid: 0 }),
        ...(mode !== undefined && { mode }),
        attributes: (path) => attributes?.get(path) ?? none,
      });
      return Promise.resolve(answer);
    },
  };
}

const none: ReadonlyMap<string, string> = new Map();
