import { tryParseReference } from '../../oci/reference.ts';
import type { BuilderIdentity } from '../builder.ts';
import type { Dockerfile, Instruction } from '../dockerfile/ast.ts';
import { detectSyntax } from '../dockerfile/detectSyntax.ts';
import { buildkitVersionOf } from './buildkitVersion.ts';
import type { StepReason } from './cacheReport.ts';
import { toReason } from './reasonTexts.ts';

/** What the frontend that reads a file does not know, or is not known of it. */
export interface FrontendLimits {
  /** Why nothing can be said of the file: another frontend reads it, or one that is newer than what is known. */
  readonly unknown: StepReason | undefined;
  /** What an instruction asks for that the builder's own frontend does not know yet: it refuses the file then. */
  readonly refusedPart: (instruction: Instruction) => string | undefined;
}

export function frontendLimits({ text }: Dockerfile, builder: BuilderIdentity): FrontendLimits {
  const image = detectSyntax(text)?.image;
  if (image !== undefined) return { unknown: unknownFrontend(image), refusedPart: () => undefined };
  const version = frontendOf(builder);
  return { unknown: undefined, refusedPart: (instruction) => lackingPart(instruction, version) };
}

/** The newest Dockerfile frontend whose rules are known: the minor of its version 1.x. */
const newestKnown = 27;

function unknownFrontend(image: string): StepReason | undefined {
  const { path, tag = '' } = tryParseReference(image) ?? {};
  if (path !== 'docker/dockerfile' && path !== 'docker/dockerfile-upstream')
    return toReason({ code: 'not-understood', subject: image }, `another frontend reads this file: ${image}`);
  const [, major = '1', minor = '0'] = /^([0-9]+)(?:\.([0-9]+))?/.exec(tag) ?? [];
  const isNewer = Number(major) > 1 || Number(minor) > newestKnown;
  return isNewer ? toReason({ code: 'frontend-newer', subject: image }) : undefined;
}

function lackingPart({ heredocs, flags }: Instruction, version: number): string | undefined {
  if (heredocs.length > 0 && version < 4) return `<<${heredocs[0]?.name ?? ''}`;
  const lacking = flags.find(({ name, value }) => version < sinceOf(name, value?.text ?? ''));
  return lacking && `--${lacking.name}`;
}

/** The frontend inside BuildKit 0.x is 1.(x − 6). */
function frontendOf(builder: BuilderIdentity): number {
  const minorOf = (text: string): number => Number(text.replace(/^v/, '').split('.')[1] ?? 0);
  const { frontendVersion } = builder;
  return frontendVersion === undefined ? minorOf(buildkitVersionOf(builder)) - 6 : minorOf(frontendVersion);
}

function sinceOf(flag: string, value: string): number {
  if (flag === 'chmod') return value === '' || /[0-7$]/.test(value) ? 0 : 14;
  return since.get(flag) ?? 0;
}

const since: ReadonlyMap<string, number> = new Map([
  ['network', 3],
  ['link', 4],
  ['checksum', 6],
  ['keep-git-dir', 6],
  ['unpack', 17],
  ['exclude', 19],
  ['parents', 20],
  ['security', 20],
]);
