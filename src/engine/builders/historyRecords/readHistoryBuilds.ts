import { isEngineError } from '../../base/errors.ts';
import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { BuildHistoryRecord } from '../buildkitControl/historyMessages.ts';
import type { HistoryBuild } from './historyBuild.ts';
import { readHistoryBuild } from './readHistoryBuild.ts';

/** Which builds are looked for, and what they are compared with. */
export interface HistoryRequest {
  /** The Dockerfile's name, as builders keep it: without a directory. */
  readonly fileName: string;
  readonly text: string;
  /** Images that are known to be of it, by all their digests, and what to call them. */
  readonly images: ReadonlyMap<string, string>;
  /** Builds that are known to be of it, as images name them. */
  readonly builds: ReadonlySet<string>;
  readonly format: KeyFormat;
  /** So many at most. */
  readonly limit: number;
}

/** Records that were read, by reference: they never change. Shared by all that ask one builder. */
export type HistoryMemory = Map<string, HistoryBuild | undefined>;

/**
 * Builds of a Dockerfile that BuildKit's history tells: first those that are known to be of it, then those of files of the
 * same name with at least half of its lines, newest first. One that is damaged is passed over.
 *
 * @throws EngineError as {@link BuildkitControl} does.
 */
export async function readHistoryBuilds(
  buildkit: BuildkitControl,
  request: HistoryRequest,
  memory: HistoryMemory,
  signal?: AbortSignal,
): Promise<readonly HistoryBuild[]> {
  const records = await buildkit.history({ limit: maxLooked }, signal);
  const [known, others] = partition(records.filter(isWhole), (record) => isKnown(record, request));
  const builds: HistoryBuild[] = [];
  for (const record of [...known, ...others.filter((each) => fileNameOf(each) === request.fileName)]) {
    if (builds.length >= request.limit) break;
    const build = await remembered(buildkit, record, request, memory, signal);
    const isOfFile = known.includes(record) || isLike(build?.seen.dockerfile ?? '', request.text);
    if (build !== undefined && isOfFile) builds.push(build);
  }
  forget(memory, records);
  return builds;
}

/** Of the newest so many. */
const maxLooked = 100;

/** Only of a build that ended well there is more to be read. */
function isWhole({ completedAt, failure, attestations }: BuildHistoryRecord): boolean {
  return completedAt !== undefined && failure === undefined && attestations.length > 0;
}

function isKnown({ ref, images }: BuildHistoryRecord, request: HistoryRequest): boolean {
  return request.builds.has(ref) || images.some(({ digest }) => request.images.has(digest));
}

function fileNameOf({ attributes }: BuildHistoryRecord): string {
  return (attributes.get('filename') ?? 'Dockerfile').split(/[\\/]/).at(-1) ?? '';
}

async function remembered(
  buildkit: BuildkitControl,
  record: BuildHistoryRecord,
  { format, images }: HistoryRequest,
  memory: HistoryMemory,
  signal: AbortSignal | undefined,
): Promise<HistoryBuild | undefined> {
  if (memory.has(record.ref)) return memory.get(record.ref);
  const build = await readHistoryBuild(
    buildkit,
    record,
    format,
    (digest) => images.get(digest),
    signal,
  ).catch((error: unknown) => {
    if (ofRecord.some((code) => isEngineError(error, code))) return undefined;
    throw error;
  });
  memory.set(record.ref, build);
  return build;
}

/** Failures that say something of the record, and not of the builder. */
const ofRecord = [
  'not-found',
  'damaged',
  'digest-mismatch',
  'limit-exceeded',
  'invalid-config',
  'invalid-manifest',
] as const;

/** At least half of the lines of either are the other's too. */
function isLike(one: string, other: string): boolean {
  const [ours, theirs] = [linesOf(one), linesOf(other)];
  const common = [...ours].filter((line) => theirs.has(line)).length;
  return common > 0 && common * 2 >= Math.min(ours.size, theirs.size);
}

/** Whether most of both are the same lines: another Dockerfile of the same name may share some. */
export function isMostlyLike(one: string, other: string): boolean {
  const [ours, theirs] = [linesOf(one), linesOf(other)];
  const common = [...ours].filter((line) => theirs.has(line)).length;
  return common * 2 > Math.max(ours.size, theirs.size);
}

function linesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
}

function forget(memory: HistoryMemory, records: readonly BuildHistoryRecord[]): void {
  const kept = new Set(records.map(({ ref }) => ref));
  for (const ref of memory.keys()) if (!kept.has(ref)) memory.delete(ref);
}

function partition<T>(
  items: readonly T[],
  isFirst: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
