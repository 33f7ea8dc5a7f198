import type { PathDifference, StepReason } from '../cache/cacheReport.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { BuilderImage } from './builderImage.ts';
import type { SummedFile } from './copySum.ts';
import { type ExpectedStep, sumIn } from './expectedStep.ts';
import { commandOf, type ImageShelf, isOfCommand } from './imageShelf.ts';

/** A step that no image was made by. */
export interface MissedStep {
  readonly command: Command;
  readonly expected: ExpectedStep;
  /** IDs of what it would have been made on; empty for scratch. */
  readonly parents: readonly string[];
  /** Position of the instruction in the file, and of FROM. */
  readonly instruction: number;
  readonly from: number;
  readonly isFirst: boolean;
  /** Variables that went into it. */
  readonly used: ReadonlySet<string>;
  readonly sum?: string;
  readonly files?: readonly SummedFile[];
  readonly filesOfSum?: (sum: string) => Promise<readonly SummedFile[] | undefined>;
}

/** Tells why a step is made again: by what differs from the newest step of its kind that was made in its place. */
export async function missReason(step: MissedStep, shelf: ImageShelf): Promise<StepReason> {
  const siblings = step.parents.flatMap((parent) => shelf.childrenOf(parent));
  const before = newest(siblings.filter((image) => keywordOf(image) === keywordIn(step.command)));
  if (before !== undefined) return differenceFrom(before, step);
  if (step.isFirst && step.parents.length === 0)
    return {
      code: 'base-changed',
      text: 'the base image is one that nothing was built on',
      instruction: step.from,
    };
  const elsewhere = newest(shelf.all.filter((image) => isOfCommand(image, step.expected)));
  if (elsewhere === undefined) return neverBuilt;
  if (siblings.length > 0)
    return { code: 'order-changed', text: 'it stood elsewhere in the file when it was built' };
  if (!step.isFirst) return neverBuilt;
  return { code: 'base-changed', text: 'it was built on another base image', instruction: step.from };
}

const neverBuilt: StepReason = { code: 'never-built', text: 'it was never built here' };

async function differenceFrom(image: BuilderImage, step: MissedStep): Promise<StepReason> {
  const { kind } = step.command;
  if (kind === 'run') return runDifference(commandOf(image), expectedText(step.expected));
  if (kind === 'copy' || kind === 'add') return copyDifference(commandOf(image), step);
  const [before, after] = [textOf(commandOf(image)), textOf(expectedText(step.expected))];
  const [used] = step.used;
  if (before !== after && used !== undefined)
    return {
      code: 'argument-changed',
      text: `it has ${after}, and had ${before}`,
      subject: used,
      before,
      after,
    };
  if (before !== after) return { code: 'text-changed', text: `it was ${before}`, before, after };
  return { code: 'environment-changed', text: 'the config of the image below is another' };
}

/** `|1 A=1 /bin/sh -c make` apart: the arguments, and the command behind them. */
function runDifference(before: string, after: string): StepReason {
  const [one, other] = [splitRun(before), splitRun(after)];
  if (one.command !== other.command)
    return {
      code: 'text-changed',
      text: `the command was ${one.command}`,
      before: one.command,
      after: other.command,
    };
  const subject = firstOther(one.settings, other.settings);
  const [was, is] = [one.settings.get(subject), other.settings.get(subject)];
  return {
    code: 'argument-changed',
    text: `${subject} is ${is ?? 'not set'}, and was ${was ?? 'not set'}`,
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
  // Values may have blanks: a name begins what follows one.
  for (const [, name = '', value = ''] of text
    .slice(count.length + 2, end)
    .matchAll(/(\w+)=(.*?)(?= \w+=|$)/gs))
    settings.set(name, value);
  return { settings, command: text.slice(end).trimStart() };
}

function firstOther(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string {
  const names = [...other.keys(), ...one.keys()];
  return names.find((name) => one.get(name) !== other.get(name)) ?? '';
}

async function copyDifference(before: string, step: MissedStep): Promise<StepReason> {
  const [was, is] = [splitCopy(before), splitCopy(expectedText(step.expected))];
  if (was.destination !== is.destination)
    return {
      code: 'destination-changed',
      text: `the destination was ${was.destination}`,
      before: was.destination,
      after: is.destination,
    };
  if (was.chown !== is.chown)
    return {
      code: 'flag-changed',
      text: `--chown was ${was.chown || 'not there'}`,
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

function splitCopy(text: string): { readonly chown: string; readonly destination: string } {
  const [, chown = '', destination = ''] =
    /(?:COPY|ADD) (?:--chown=(.*?) ?)?(?:(?:file|dir|multi):)?(?:[0-9a-f]{64}|\?) in (.*) $/s.exec(text) ??
    [];
  return { chown, destination };
}

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
  return /#\(nop\) {1,2}([A-Z]+)/.exec(commandOf(image))?.[1] ?? 'RUN';
}

function keywordIn({ instruction }: Command): string {
  return instruction.name ?? '';
}

/** One text for what is looked up: a sum that is not known is a question mark. */
export function expectedText({ command }: ExpectedStep): string {
  if (command.kind === 'words') return command.words.join(' ');
  const head = command.head.join(' ');
  if (command.kind === 'choice') return `${head} ${command.texts[0] ?? ''}`;
  return `${head} ${command.before[0] ?? ''}?${command.after}`;
}

/** Without the shell and `#(nop)`. */
function textOf(command: string): string {
  return command.replace(/^.*?#\(nop\) */s, '');
}
