import { Pacer } from '../../base/abort.ts';
import { SentContext } from '../classic/sentContext.ts';
import type { SumMemory } from '../classic/sumMemory.ts';
import type { IgnoreRules } from '../ignorefile/ignoreRules.ts';
import type { BuildahContext } from './buildahInput.ts';
import { type CopyAnswer, copyDigests, type CopyQuestion, itemsOf } from './copyDigest.ts';
import { type FileAttributes, readAttributes } from './fileAttributes.ts';
import type { OwnerNames } from './ownerNames.ts';

export interface BuildahContextSettings {
  /** Of `<Dockerfile>.containerignore`, `<Dockerfile>.dockerignore`, `.containerignore` or `.dockerignore`. */
  readonly rules: IgnoreRules;
  /** `readOwnerNames`, or `noNames` where `buildahRules` says so. */
  readonly names: OwnerNames;
  /** False: files lose their extended attributes on the way to buildah. Absent: it reads them. */
  readonly hasAttributes?: boolean;
  /** Whether a program may be started to read extended attributes. */
  readonly mayStartPrograms: boolean;
  /** Keeps what went into each digest, for `BuildahInput.filesOfSum`. */
  readonly memory?: SumMemory;
}

/** A directory as buildah would copy from it now; to be opened anew for each prediction, in a worker. */
export function openBuildahContext(directory: string, settings: BuildahContextSettings): BuildahContext {
  const { rules: ignored, names, hasAttributes = true, mayStartPrograms, memory } = settings;
  const context = new SentContext(directory, ignored);
  const attributesOf = ({ sources }: CopyQuestion): FileAttributes | undefined => {
    const paths = sources.flatMap((source) => itemsOf(context, source).map(({ path }) => path));
    return mayStartPrograms ? readAttributes(context, directory, paths) : undefined;
  };
  return {
    digests: async (question, { owner, mode, withAttributes, keepsOwners }, { signal } = {}) => {
      const attributes = withAttributes === true && hasAttributes ? attributesOf(question) : nothing;
      if (attributes === undefined) return noAttributes;
      const rules = {
        names,
        owner: owner ?? (keepsOwners === true ? undefined : root),
        ...(mode !== undefined && { mode }),
        attributes: (path: string) => attributes.get(path) ?? nothing,
      };
      const answer = await copyDigests(context, question, rules, new Pacer(signal, directory));
      if (answer.kind === 'digests') for (const text of answer.texts) memory?.keep(text, answer.files);
      return answer;
    },
  };
}

const root = { uid: 0, gid: 0 };
const nothing: ReadonlyMap<string, never> = new Map<string, never>();
const noAttributes: CopyAnswer = { kind: 'no-attributes' };
