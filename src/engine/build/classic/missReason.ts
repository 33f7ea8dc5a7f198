import type { PathDifference, StepReason } from '../cache/cacheReport.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { BuilderImage } from './builderImage.ts';
import type { SummedFile } from './copySum.ts';
import { sumIn } from './expectedStep.ts';
import { commandOf } from './imageShelf.ts';

/** A step that no image was made by. */
export interface MissedStep {
  readonly command: Command;
  /** What is looked up, as a history shows it; a sum that is not known is a question mark. */
  readonly expected: string;
  /** What was made on the image that it would be made on; undefined when that image has never been built on. */
  readonly siblings: readonly BuilderImage[] | undefined;
  /** Whether an image was made by the same step on another one. */
  readonly isElsewhere: boolean;
  /** Position of FROM in the file. */
  readonly from: number;
  /** Whether it is the first step of its stage. */
  readonly isFirst: boolean;
  /** Variables that went into it. */
  readonly used: ReadonlySet<string>;
  readonly files?: readonly SummedFile[];
  readonly filesOfSum?: (sum: string) => Promise<readonly SummedFile[] | undefined>;
}

/** Tells why a step is made again: by what differs from the newest step of its kind that was made in its place. */
export async function missReason(step: MissedStep): Promise<StepReason> {
  const { siblings, isFirst, isElsewhere, from } = step;
  if (siblings === undefined && isFirst)
    return {
      code: 'base-changed',
      text: 'the base image is one that nothing was built on',
      instruction: from,
    };
  const before = newest((siblings ?? []).filter((image) => keywordOf(image) === keywordIn(step.command)));
  if (before !== undefined) return differenceFrom(before, step);
  if (!isElsewhere) return neverBuilt;
  if (siblings !== undefined && siblings.length > 0)
    return { code: 'order-changed', text: 'it stood elsewhere in the file when it was built' };
  if (!isFirst) return neverBuilt;
  return { code: 'base-changed', text: 'it was built on another base image', instruction: from };
}

const neverBuilt: StepReason = { code: 'never-built', text: 'it was never built here' };

async function differenceFrom(image: BuilderImage, step: MissedStep): Promise<StepReason> {
  const { kind } = step.command;
  // The text is the same: something else of the config, or of the layers below, is not.
  if (commandOf(image).trimEnd() === step.expected.trimEnd()) return configChanged;
  if (kind === 'run') return runDifference(commandOf(image), step.expected);
  if (kind === 'copy' || kind === 'add') return copyDifference(commandOf(image), step);
  const [before, after] = [textOf(commandOf(image)), textOf(step.expected)];
  const [used] = step.used;
  if (before !== after && used !== undefined)
    return {
      code: 'argument-changed',
      text: `it has ${short(after)}, and had ${short(before)}`,
      subject: used,
      before,
      after,
    };
  if (before !== after) return { code: 'text-changed', text: `it was ${short(before)}`, before, after };
  return configChanged;
}

const configChanged: StepReason = {
  code: 'environment-changed',
  text: 'the config that it would be made with is another',
};

/** `|1 A=1 /bin/sh -c make` apart: the arguments, and the command behind them. */
function runDifference(before: string, after: string): StepReason {
  const [one, other] = [splitRun(before), splitRun(after)];
  if (one.command !== other.command)
    return {
      code: 'text-changed',
      text: `the command was ${short(one.command)}`,
      before: one.command,
      after: other.command,
    };
  const subject = firstOther(one.settings, other.settings);
  const [was, is] = [one.settings.get(subject), other.settings.get(subject)];
  return {
    code: 'argument-changed',
    text: `${subject} is ${short(is ?? 'not set')}, and was ${short(was ?? 'not set')}`,
    subject,
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  };
}

function splitRun(text: string): {
  readonly settings: ReadonlyMap<string, string>;
  readonly command: string;
} {
  const [, count] = /^\|([0-9]+) /.exec(text) ?? [];
  if (count === undefined) return { settings: new Map(), command: text };
  const shell = text.search(/ \/\S+ -/);
  const end = shell < 0 ? text.length : shell;
  const settings = new Map<string, string>();
  const shown = text.slice(count.length + 2, Math.min(end, mostLooked));
  // Values may have blanks: a name begins what follows one.
  for (const [, name = '', value = ''] of shown.matchAll(/(\w+)=(.*?)(?= \w+=|$)/gs))
    settings.set(name, value);
  return { settings, command: text.slice(end).trimStart() };
}

function firstOther(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string {
  const names = [...other.keys(), ...one.keys()];
  return names.find((name) => one.get(name) !== other.get(name)) ?? '';
}

async function copyDifference(before: string, step: MissedStep): Promise<StepReason> {
  const [was, is] = [splitCopy(before), splitCopy(step.expected)];
  if (was.destination !== is.destination)
    return {
      code: 'destination-changed',
      text: `the destination was ${short(was.destination)}`,
      before: was.destination,
      after: is.destination,
    };
  if (was.chown !== is.chown)
    return {
      code: 'flag-changed',
      text: `--chown was ${short(was.chown) || 'not there'}`,
      subject: '--chown',
      before: was.chown,
      after: is.chown,
    };
  const paths = await pathsThatDiffer(sumIn(before), step);
  if (paths === undefined) return { code: 'files-changed', text: 'what it copies is not what it was' };
  return {
    code: 'files-changed',
    text: `${paths[0]?.path ?? 'a file'} ${paths.length > 1 ? `and ${paths.length - 1} more ` : ''}changed`,
    paths: paths.slice(0, 100),
    pathCount: paths.length,
  };
}

/** Of longer texts the beginning is taken apart. */
const mostLooked = 5000;

function splitCopy(text: string): { readonly chown: string; readonly destination: string } {
  const [, chown = '', destination = ''] =
    /(?:COPY|ADD) (?:--chown=(.*?) ?)?(?:(?:file|dir|multi):)?(?:[0-9a-f]{64}|\?) in (.*) $/s.exec(
      text.slice(0, mostLooked),
    ) ?? [];
  return { chown, destination };
}

/** One line, not too long: the whole stands beside it. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > mostShown ? `${line.slice(0, mostShown)}…` : line;
}

const mostShown = 200;

async function pathsThatDiffer(
  sum: string | undefined,
  { files, filesOfSum }: MissedStep,
): Promise<readonly PathDifference[] | undefined> {
  if (sum === undefined || files === undefined) return undefined;
  const before = await filesOfSum?.(sum);
  return before && differencesOf(before, files);
}

/** What became another between two lists of files. */
export function differencesOf(
  before: readonly SummedFile[],
  after: readonly SummedFile[],
): readonly PathDifference[] {
  const [was, is] = [before, after].map((files) => new Map(files.map(({ path, sum }) => [path, sum])));
  const paths = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort();
  return paths.flatMap((path) => {
    const [one, other] = [was?.get(path), is?.get(path)];
    if (one === other) return [];
    const change = one === undefined ? 'added' : other === undefined ? 'removed' : 'content';
    return [{ path: Buffer.from(path, 'latin1').toString(), change } as const];
  });
}

function newest(images: readonly BuilderImage[]): BuilderImage | undefined {
  return [...images].sort((one, other) => other.created - one.created)[0];
}

/** The keyword of the instruction that an image was made by. */
function keywordOf(image: BuilderImage): string {
  return /#\(nop\) {1,2}([A-Za-z]+)/.exec(commandOf(image))?.[1]?.toUpperCase() ?? 'RUN';
}

function keywordIn({ instruction }: Command): string {
  return instruction.name ?? '';
}

/** Without the shell and `#(nop)`. */
function textOf(command: string): string {
  return command.replace(/^.*?#\(nop\) */s, '');
}
