import type { ContainerChange } from '../../../src/engine/snapshots/containerDiff.ts';
import type { ContainerOperation } from '../../support/containerOperations.ts';
import type { OperationSequence } from '../../support/operationSequence.ts';
import {
  isBelow,
  linesOf,
  type LayeredFiles,
  type ShownFile,
  type ShownOptions,
} from '../../support/shownFile.ts';
import type { EngineContainer } from './engineContainer.ts';
import type { ChangedContainer, OwnChanged } from './ownContainers.ts';
import type { RunningEngine } from '../runningEngines.ts';

/** What is known to differ between an engine and Lamina, and why it may. */
export const exemptions = {
  reason:
    'of two reasons why a call on two paths cannot be done, the kernel tells the one and Lamina the other',
  blockDevice:
    'Docker 20.10 takes block devices for folders, by one bit of the type: in diff their times do not count, and what was in a folder that became one is listed',
  xattrs: 'docker commit keeps no extended attribute but security.capability (formats.md §3.2)',
  unlisted:
    'the containerd store commits only what diff lists (formats.md §3.2): what was touched and is as before, or has other bytes of the same length and time, is what the image has',
} as const;

type Exemption = keyof typeof exemptions;

/** What was compared, and how much of it was equal. */
export class Comparison {
  readonly counts = { sequences: 0, operations: 0, failed: 0, changes: 0, files: 0 };
  readonly exempted: Record<Exemption, number> = { reason: 0, blockDevice: 0, xattrs: 0, unlisted: 0 };
  readonly differences: Difference[] = [];

  require(seed: number, aspect: string, ours: readonly string[], theirs: readonly string[]): void {
    const [own, other] = [new Set(ours), new Set(theirs)];
    const onlyOurs = ours.filter((line) => !other.has(line));
    const onlyTheirs = theirs.filter((line) => !own.has(line));
    if (onlyOurs.length + onlyTheirs.length > 0)
      this.differences.push({ seed, aspect, onlyOurs, onlyTheirs });
  }

  toString(): string {
    const counts = Object.entries(this.counts).map(([what, count]) => `${count} ${what}`);
    const exempted = Object.entries(this.exempted).map(([rule, count]) => `${rule} ${count}`);
    return `${counts.join(', ')}; exempted: ${exempted.join(', ')}`;
  }
}

export interface Difference {
  readonly seed: number;
  readonly aspect: string;
  readonly onlyOurs: readonly string[];
  readonly onlyTheirs: readonly string[];
}

/** What was made of sequences in a container of Lamina's and in one of an engine. */
interface Compared {
  readonly sequences: readonly OperationSequence[];
  readonly ours: OwnChanged;
  readonly theirs: ChangedContainer;
  readonly diff: readonly string[];
  /** The commit of theirs, as Lamina reads it. */
  readonly committed: LayeredFiles;
  readonly engine: EngineKind;
}

/** Which of the exemptions are an engine's. */
export interface EngineKind {
  readonly store: RunningEngine['store'];
  readonly isDocker20: boolean;
}

export async function compared(
  container: EngineContainer,
  sequences: readonly OperationSequence[],
  ours: OwnChanged,
  engine: EngineKind,
): Promise<Compared> {
  const [diff, committed] = [await container.diff(), await container.committed()];
  return { sequences, ours, theirs: container.changed, diff, committed, engine };
}

/** How each operation ended, what the kernel shows, what `docker diff` lists, and what `docker commit` makes of it. */
export function compareChanged(comparison: Comparison, all: Compared): void {
  all.sequences.forEach((sequence, at) => {
    comparison.counts.sequences++;
    compareEndings(comparison, sequence, all.ours.endings[at]!, all.theirs.endings[at]!);
    const [ours, theirs] = [all.ours.files[at]!, all.theirs.files[at]!];
    comparison.counts.files += theirs.length;
    comparison.require(sequence.seed, 'what is there', linesOf(ours), linesOf(theirs));
    const listed = compareDiff(comparison, sequence, all);
    compareCommit(comparison, sequence, ours, all, listed);
  });
}

/** What an engine or tool shows of the image that Lamina has made. */
export function compareLoaded(
  comparison: Comparison,
  sequences: readonly OperationSequence[],
  ours: OwnChanged,
  shown: readonly ShownFile[],
  options: ShownOptions = {},
): void {
  sequences.forEach(({ seed, roots }, at) => {
    const theirs = shown.filter(({ path }) => isBelow(path, roots));
    comparison.counts.files += theirs.length;
    comparison.require(seed, 'loaded', linesOf(ours.files[at]!, options), linesOf(theirs, options));
  });
}

function compareEndings(
  comparison: Comparison,
  { seed, operations }: OperationSequence,
  ours: readonly string[],
  theirs: readonly string[],
): void {
  operations.forEach((operation, at) => {
    const [own, other] = [ours[at] ?? 'none', theirs[at] ?? 'none'];
    comparison.counts.operations++;
    if (other !== '') comparison.counts.failed++;
    if (other === own || errnos[own]?.includes(other) === true) return;
    const text = `${at} ${JSON.stringify(operation)}`;
    if (own !== '' && other !== '' && hasTwoPaths(operation)) comparison.exempted.reason++;
    else comparison.require(seed, 'ending', [`${text}: ${own || 'done'}`], [`${text}: ${other || 'done'}`]);
  });
}

/** Which error of a system call each code stands for. */
const errnos: Readonly<Record<string, readonly string[]>> = {
  'not-found': ['ENOENT', 'ENOTDIR'],
  'already-exists': ['EEXIST', 'ENOTEMPTY'],
  'not-a-directory': ['ENOTDIR'],
  'not-a-file': ['EISDIR', 'EINVAL', 'EPERM', 'no file'],
  'symlink-loop': ['ELOOP'],
  'invalid-path': ['EINVAL'],
  denied: ['EPERM'],
};

function hasTwoPaths({ do: kind }: ContainerOperation): boolean {
  return kind === 'link' || kind === 'rename';
}

/** The paths that are listed, of both. */
function compareDiff(
  comparison: Comparison,
  { seed, roots }: OperationSequence,
  { ours, diff, engine }: Compared,
): ReadonlySet<string> {
  const own = ours.changes.filter(({ path }) => isBelow(path, roots));
  const kept = engine.isDocker20 ? withoutBlockTimes(own) : own;
  comparison.exempted.blockDevice += own.length - kept.length;
  const all = diff.filter((line) => isBelow(line.slice(2), roots));
  const theirs = engine.isDocker20 ? all.filter((line) => !isInBlockDevice(line.slice(2), own)) : all;
  comparison.exempted.blockDevice += all.length - theirs.length;
  comparison.counts.changes += theirs.length;
  comparison.require(seed, 'diff', kept.map(lineOf), theirs);
  return new Set(own.map(({ path }) => path));
}

const letters = { added: 'A', modified: 'C', removed: 'D' };

function lineOf({ kind, path }: ContainerChange): string {
  return `${letters[kind]} ${textOf(path)}`;
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

function isInBlockDevice(path: string, changes: readonly ContainerChange[]): boolean {
  const devices = changes.filter(({ after }) => after?.type === 'block');
  return devices.some((device) => path.startsWith(`${textOf(device.path)}/`));
}

/** Without block devices of another time, and folders that are listed for nothing else. */
function withoutBlockTimes(changes: readonly ContainerChange[]): readonly ContainerChange[] {
  const counted = changes.filter(
    ({ after, differs }) => !(after?.type === 'block' && differs.join() === 'mtime'),
  );
  return counted.filter(
    ({ path, kind, after, differs }) =>
      kind !== 'modified' ||
      differs.length > 0 ||
      after?.type !== 'dir' ||
      counted.some((other) => other.path.startsWith(`${path}/`) && isReason(other)),
  );
}

/** Whether a line is no mere folder on the way. */
function isReason({ kind, differs }: ContainerChange): boolean {
  return kind !== 'modified' || differs.length > 0;
}

function compareCommit(
  comparison: Comparison,
  { seed, roots }: OperationSequence,
  ours: readonly ShownFile[],
  { committed, engine }: Compared,
  listed: ReadonlySet<string>,
): void {
  const theirs = committed.below(roots);
  const withoutXattrs = { isWithoutXattrs: true };
  const isUnsure = (path: string): boolean => engine.store === 'containerd' && !listed.has(path);
  const [all, few, fewest] = [{}, withoutXattrs, { ...withoutXattrs, isUnsure }].map((options) =>
    linesThatDiffer(linesOf(ours, options), linesOf(theirs, options)),
  ) as [number, number, number];
  comparison.exempted.xattrs += all - few;
  comparison.exempted.unlisted += few - fewest;
  const options = { ...withoutXattrs, isUnsure };
  comparison.require(seed, 'commit', linesOf(ours, options), linesOf(theirs, options));
}

function linesThatDiffer(ours: readonly string[], theirs: readonly string[]): number {
  const known = new Set(theirs);
  return ours.filter((line) => !known.has(line)).length;
}
