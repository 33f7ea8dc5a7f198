import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fixture } from './fixtures.ts';

/**
 * One case of the build cache: a Dockerfile and its context, what is edited between two builds, and what each builder
 * then says of every instruction of the second Dockerfile.
 */
export interface BuildCase {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  /** With placeholders: see `BuildCaseFolder.fill`. */
  readonly dockerfile: string;
  /** `Dockerfile` when left out; beside the context unless it is in there. */
  readonly dockerfileName: string;
  readonly isDockerfileInContext: boolean;
  readonly files: readonly CaseFile[];
  /** Beside the context's directory, which is `ctx`. */
  readonly sideFiles: readonly CaseFile[];
  /** By the name of their placeholder. `BASE` is there always. */
  readonly images: Readonly<Record<string, CaseImage>>;
  readonly pages: readonly CasePage[];
  /** The engine has the base before the first build. */
  readonly pullsFirst: boolean;
  readonly build1: CaseBuild;
  readonly edits: readonly CaseEdit[];
  /** One more build before the last, and what is edited after it. */
  readonly between?: { readonly build: CaseBuild; readonly edits: readonly CaseEdit[] };
  readonly build2: CaseBuild;
  /** Instructions of the Dockerfile of the last build; the shared vectors list them. */
  readonly steps: readonly { readonly line: number; readonly text: string }[];
  readonly expect: Readonly<Record<string, CaseLetters>>;
}

/**
 * `C` cached, `R` rebuilt, `-` no build step, `S` stage not built, `F` FROM (not scored), `*` not scored; `X` for all:
 * the builder or its client refuses the file or a flag.
 */
export type CaseLetters = readonly CaseLetter[] | 'X';
export type CaseLetter = 'C' | 'R' | '-' | 'S' | 'F' | '*';

/** What is laid out at a path. */
export interface CaseFile {
  readonly path: string;
  readonly content?: string;
  readonly dir?: boolean;
  readonly symlink?: string;
  /** A path of the same directory. */
  readonly hardlink?: string;
  /** Members of a tar by name. */
  readonly tar?: Readonly<Record<string, string>>;
  readonly inner_mtime?: number;
  /** Octal. */
  readonly mode?: string;
  readonly owner?: readonly [uid: number, gid: number];
  /** Seconds. */
  readonly mtime?: number;
}

export interface CaseImage {
  /** Another number makes other layers. */
  readonly rev?: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: {
    readonly env?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly workdir?: string;
    readonly user?: string;
    readonly shell?: readonly string[];
    readonly onbuild?: readonly string[];
  };
}

/** What a server on loopback gives below `@URL@/`. */
export interface CasePage {
  readonly path: string;
  readonly content: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of one build. */
export interface CaseBuild {
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly no_cache?: boolean;
  /** Stages, with commas. */
  readonly no_cache_filter?: string;
  readonly pull?: boolean;
  readonly network?: string;
  readonly add_host?: readonly string[];
  readonly label?: readonly string[];
  readonly platform?: string;
  /** Bytes. */
  readonly shm_size?: string;
  readonly ulimit?: string;
  /** Contents by ID. */
  readonly secret?: Readonly<Record<string, string>>;
  /** Directories beside the context, by name. */
  readonly contexts?: Readonly<Record<string, string>>;
  readonly cache_from?: string;
  readonly export_cache?: string;
  readonly push?: string;
  /** The context is sent as a tar whose members belong to that one. */
  readonly tar_owner?: string;
}

export type CaseEdit =
  | (CaseFile & { readonly op: 'write'; readonly keep_mtime?: boolean })
  | { readonly op: 'append'; readonly path: string; readonly content: string }
  | { readonly op: 'delete' | 'mkdir'; readonly path: string }
  | { readonly op: 'rename' | 'copyfile'; readonly path: string; readonly to: string }
  | { readonly op: 'chmod'; readonly path: string; readonly mode: string }
  | { readonly op: 'chown'; readonly path: string; readonly owner: readonly [uid: number, gid: number] }
  | { readonly op: 'touch'; readonly path: string; readonly by?: number }
  | { readonly op: 'setxattr'; readonly path: string; readonly name: string; readonly value: string }
  | { readonly op: 'dockerfile'; readonly text: string }
  /** In the Dockerfile, everywhere. */
  | { readonly op: 'replace'; readonly old: string; readonly new: string }
  | (CaseImage & { readonly op: 'image'; readonly name: string })
  | (CasePage & { readonly op: 'serve' })
  | { readonly op: 'move_context'; readonly to?: string }
  | { readonly op: 'prune' };

/** The cases of the shared vectors, in the order of their names. */
export function readBuildCases(): readonly BuildCase[] {
  return readCasesOf(fixture('vectors/cache-cases'));
}

/** Cases of what the shared ones lack. */
export function readOwnCases(): readonly BuildCase[] {
  return readCasesOf(fixture('cache-cases-own'));
}

/** The cases of a directory, in the order of their names. */
export function readCasesOf(directory: string): readonly BuildCase[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => toCase(readFileSync(path.join(directory, name), 'utf8')));
}

/**
 * What is expected of a builder: the first of its keys that the case has an answer for, else what is said of its kind.
 * Undefined when the case is not for it.
 *
 * @param keys such as `buildkit@docker-29`, the exact one first.
 */
export function expectedLetters(
  { expect, edits }: BuildCase,
  ...keys: readonly string[]
): CaseLetters | undefined {
  const kinds = keys.map((key) => key.replace(/@.*/, ''));
  // What the old CLI remembers of a context that was moved is the same whichever engine it speaks to.
  const isOldMove = keys[0]?.endsWith('+cli-20.10') === true && edits.some(({ op }) => op === 'move_context');
  const old = isOldMove ? ['buildkit@docker-20.10.24'] : [];
  const found = [...old, ...keys, ...kinds].find((key) => expect[key] !== undefined);
  return found === undefined ? undefined : expect[found];
}

/** Whether each letter is the expected one, but for those that are not scored. */
export function agree(got: CaseLetters, expected: CaseLetters): boolean {
  if (typeof got === 'string' || typeof expected === 'string') return got === expected;
  const isSame = (letter: CaseLetter, at: number): boolean => letter === '*' || letter === got[at];
  return got.length === expected.length && expected.every(isSame);
}

function toCase(json: string): BuildCase {
  const raw = JSON.parse(json) as RawCase;
  const between = raw.build1b && { build: raw.build1b, edits: raw.edit2 ?? [] };
  return {
    id: raw.id,
    title: raw.title,
    category: raw.category,
    dockerfile: raw.dockerfile,
    dockerfileName: raw.dockerfile_name ?? 'Dockerfile',
    isDockerfileInContext: raw.dockerfile_in_context ?? false,
    files: raw.files ?? [],
    sideFiles: raw.side_files ?? [],
    images: { BASE: {}, ...raw.images },
    pages: raw.serve ?? [],
    pullsFirst: raw.pull_first ?? false,
    build1: raw.build1 ?? {},
    edits: raw.edit,
    ...(between !== undefined && { between }),
    build2: raw.build2 ?? raw.build1 ?? {},
    steps: raw.steps ?? [],
    expect: raw.expect,
  };
}

/** As it is in the files. */
interface RawCase extends Pick<BuildCase, 'id' | 'title' | 'category' | 'dockerfile' | 'expect'> {
  readonly steps?: BuildCase['steps'];
  readonly dockerfile_name?: string;
  readonly dockerfile_in_context?: boolean;
  readonly files?: readonly CaseFile[];
  readonly side_files?: readonly CaseFile[];
  readonly images?: BuildCase['images'];
  readonly serve?: readonly CasePage[];
  readonly pull_first?: boolean;
  readonly build1?: CaseBuild;
  readonly edit: readonly CaseEdit[];
  readonly build1b?: CaseBuild;
  readonly edit2?: readonly CaseEdit[];
  readonly build2?: CaseBuild;
}
