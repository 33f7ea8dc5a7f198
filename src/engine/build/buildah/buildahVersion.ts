import type { BuilderIdentity } from '../builder.ts';

/** What versions of buildah do differently (its source, tags 1.28 to 1.44). */
export interface BuildahRules {
  /** Bodies of heredocs are read, from 1.33 on. */
  readonly readsHeredocs: boolean;
  /** A mount of a stage that was made again is not looked up, from 1.29 on. */
  readonly seesStagesOfMounts: boolean;
  /** What a bind mount shows is in the text of RUN, from 1.39 on. */
  readonly sumsMounts: boolean;
  /** Names of owners are in what is hashed, up to 1.41. */
  readonly hashesNames: boolean;
  /** Registries are asked for newer base images unless it is told otherwise: by buildah itself up to 1.36, not by Podman. */
  readonly asksRegistries: boolean;
  /** The flags that instructions may have. */
  readonly flags: Readonly<Record<'run' | 'copy' | 'add', readonly string[]>>;
}

/** Of a version that is not known: as today's. */
export function buildahRules({ version, client }: Pick<BuilderIdentity, 'version' | 'client'>): BuildahRules {
  const [, major = '1', minor = '99'] = /^v?([0-9]+)\.([0-9]+)/.exec(version ?? '') ?? [];
  const isAtLeast = (wanted: number): boolean => Number(major) > 1 || Number(minor) >= wanted;
  const from = (wanted: number, ...names: readonly string[]): readonly string[] =>
    isAtLeast(wanted) ? names : [];
  const files = ['chown', 'chmod', ...from(37, 'link', 'exclude')];
  return {
    readsHeredocs: isAtLeast(33),
    seesStagesOfMounts: isAtLeast(29),
    sumsMounts: isAtLeast(39),
    hashesNames: !isAtLeast(42),
    asksRegistries: client === 'buildah' && !isAtLeast(37),
    flags: {
      run: ['mount', ...from(30, 'network')],
      copy: [...files, 'from', ...from(37, 'parents')],
      add: [...files, ...from(33, 'checksum'), ...from(37, 'keep-git-dir')],
    },
  };
}
