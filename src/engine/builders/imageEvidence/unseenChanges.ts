import { toText } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isSentAsTar } from '../../build/builder.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { PathDifference, StepReason } from '../../build/cache/cacheReport.ts';
import type { SelectedFile } from '../../build/cache/contextView.ts';
import type { ContentSelection, KeyedBuild } from '../../build/cache/vertex.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { Image } from '../../sources/image.ts';
import { contextAsked, copiedContent } from './copyFinding.ts';
import type { LayerFiles } from './layerFiles.ts';
import { unseenByTimes } from './unseenByTimes.ts';

export interface UnseenQuestion {
  readonly build: BuildkitBuild;
  readonly keyed: KeyedBuild;
  /** A build whose contents are known by their keys alone, such as an inline cache tells. */
  readonly seen: SeenBuild;
  readonly image: Image;
  readonly layers: LayerFiles;
}

/**
 * The build, with doubts where what a step reads of the context is another than its key says, but maybe only by what the
 * builder may not look at: bytes of one size and time, and modes of directories (build-cache.md §1.2). Nothing is read of
 * layers whose content is as it was; where no layer shows what was read, the times of the files tell. Of a tar the builder
 * looks at everything.
 *
 * @throws EngineError `cancelled`, and what the context and the layers say.
 */
export async function withUnseenChanges(question: UnseenQuestion, options?: CallOptions): Promise<SeenBuild> {
  const { build, keyed, seen } = question;
  if (isSentAsTar(build.builder)) return seen;
  const doubts: SeenStep[] = [];
  for (const [vertex, { stage, step }] of keyed.vertices.entries()) {
    if (step === undefined) continue;
    const reason = await unseenIn(question, vertex, options);
    const label = build.plan.stages[stage]?.label ?? '';
    if (reason !== undefined)
      doubts.push({ stage: label, text: reason.text, finding: { vertex, state: 'unknown', reason } });
  }
  return doubts.length === 0 ? seen : { ...seen, steps: [...seen.steps, ...doubts] };
}

async function unseenIn(
  question: UnseenQuestion,
  position: number,
  options?: CallOptions,
): Promise<StepReason | undefined> {
  const { build, keyed, seen } = question;
  const { operation, inputs } = keyed.vertices[position] ?? {};
  const selection = inputs?.find(({ content }) => content?.origin.kind === 'context')?.content;
  if (operation === undefined || selection === undefined) return undefined;
  const key = outputKey(operation.digest, 0);
  const made = seen.records.filter((record) => record.key === key);
  const rules = keyFormatOf(buildkitVersionOf(build.builder));
  const [answer] = (await build.context?.contents([selection], rules, options)) ?? [];
  if (answer?.actual === undefined || isLinked(seen, made, outputKey(answer.actual, -1))) return undefined;
  const shown = await unseenInLayers(question, position, selection, made, options);
  return shown === 'not-shown' ? unseenSince(question, selection, made, options) : shown;
}

/** By the layers that a COPY made. */
async function unseenInLayers(
  { build, keyed, image, layers }: UnseenQuestion,
  position: number,
  selection: ContentSelection,
  made: SeenBuild['records'],
  options?: CallOptions,
): Promise<StepReason | 'not-shown' | undefined> {
  const { stage = 0, step = -1 } = keyed.vertices[position] ?? {};
  const copy = build.plan.stages[stage]?.steps[step]?.operation;
  const places = made.map(({ layer }) =>
    image.layers.findIndex(({ diffId }) => diffId !== undefined && diffId === layer?.diffId),
  );
  const found = places.filter((at) => at >= 0);
  if ((copy?.kind !== 'copy' && copy?.kind !== 'add') || found.length === 0) return 'not-shown';
  const asked = contextAsked(build, build.context);
  for (const at of found) {
    const content = await copiedContent(copy, selection, asked, { position: at, layers }, options);
    // What is another, and looks the same, is what no layer shows: the mode of the directory itself.
    if (content.kind === 'same') return unseenMode;
    if (unseenCodes.has(content.finding.reason.code)) return content.finding.reason;
  }
  return undefined;
}

/** Where no layer shows what was read. */
async function unseenSince(
  { build, seen }: UnseenQuestion,
  selection: ContentSelection,
  made: SeenBuild['records'],
  options?: CallOptions,
): Promise<StepReason | undefined> {
  if (made.length === 0) return undefined;
  const { builtAt } = seen;
  if (builtAt === undefined) return unseenFile;
  const files = unseenByTimes((await build.context?.files(selection, options)) ?? [], builtAt);
  if (files.length === 0) return undefined;
  const paths = files.map((file) => unseenPath(file, selection));
  const isMode = paths.every(({ change }) => change === 'mode');
  const shown = { paths: paths.slice(0, mostPaths), pathCount: paths.length };
  return { ...(isMode ? unseenDirectory : unseenFile), ...shown };
}

function unseenPath({ path, source, type }: SelectedFile, { sources }: ContentSelection): PathDifference {
  const from = toText(sources[source]?.path.slice(1) ?? '');
  const below = [from, path].filter((part) => part !== '').join('/');
  return { path: below, change: type === 'directory' ? 'mode' : 'content' };
}

const mostPaths = 100;

const unseenFile: StepReason = {
  code: 'same-size-and-time',
  text: 'it is not known whether the builder looks at files that were changed without their time',
};

const unseenDirectory: StepReason = {
  code: 'not-compared',
  text: 'it is not known whether the builder looks at the modes of directories',
};

const unseenMode: StepReason = {
  code: 'not-compared',
  text: 'its layer has all that it copies; what else counts is not shown, and may not be looked at',
};

function isLinked({ records }: SeenBuild, made: SeenBuild['records'], key: string): boolean {
  return made.some(({ inputs }) => inputs.flat().some(({ record }) => records[record]?.key === key));
}

const unseenCodes: ReadonlySet<StepReason['code']> = new Set<StepReason['code']>([
  'same-size-and-time',
  'not-compared',
]);
