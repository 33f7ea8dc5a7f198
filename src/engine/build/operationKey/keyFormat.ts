import type { ContentRules } from '../contentKey/contentKey.ts';

/** What differs in the keys of BuildKit's versions (build-cache.md §1.1, "Changes of the key format"). */
export interface KeyFormat extends ContentRules {
  /** Each RUN says that stubs of mounts are removed. */
  readonly removesMountStubs: boolean;
  /** The ID and sharing of a cache mount count whatever they are, or only whether they are the usual ones. */
  readonly cacheMountId: 'always' | 'usual-only';
  /** The input that a secret or ssh mount names. */
  readonly secretInput: 0 | -1;
  readonly writesZeroInputs: boolean;
  readonly ownerId: 'byID' | 'ByID' | 'byId';
  /** WORKDIR takes SOURCE_DATE_EPOCH. */
  readonly datesWorkdir: boolean;
  /** And takes it of an ARG before the first FROM, too. */
  readonly datesByDefault: boolean;
  /** A link by definition says that all of a file system is meant; before, only parts were named. */
  readonly namesWholeInput: boolean;
  /** RUN takes limits, the size of shared memory, the cgroup parent and the host's name of the build. */
  readonly hasLimits: boolean;
}

/**
 * The format of a BuildKit, from its version: `v0.12.5`, `0.33.0`. Of one newer than all that are known it is the newest.
 * Compared with exported keys were 0.8,
 * 0.12 and 0.33, byte for byte; between them it is what the source says.
 */
export function keyFormatOf(version: string): KeyFormat {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isFrom = (wanted: number): boolean => major > 0 || minor >= wanted;
  return {
    matchStyle: isFrom(26) ? '0.26' : isFrom(9) ? '0.9' : '0.8',
    hasAllBelowRoot: isFrom(13),
    removesMountStubs: isFrom(11),
    cacheMountId: isFrom(13) ? 'usual-only' : 'always',
    secretInput: isFrom(15) ? -1 : 0,
    writesZeroInputs: !isFrom(17),
    ownerId: isFrom(18) ? 'byId' : isFrom(17) ? 'ByID' : 'byID',
    datesWorkdir: isFrom(22),
    datesByDefault: isFrom(30),
    namesWholeInput: isFrom(13),
    hasLimits: isFrom(10),
  };
}
