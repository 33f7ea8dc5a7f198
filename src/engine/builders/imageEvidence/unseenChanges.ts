import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { KeyedBuild } from '../../build/cache/vertex.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { Image } from '../../sources/image.ts';
import { copiedContent } from './copyFinding.ts';
import type { LayerFiles } from './layerFiles.ts';

export interface UnseenQuestion {
  readonly build: BuildkitBuild;
  readonly keyed: KeyedBuild;
  /** A build whose contents are known by their keys alone, such as an inline cache tells. */
  readonly seen: SeenBuild;
  readonly image: Image;
  readonly layers: LayerFiles;
}

/**
 * The build, with doubts where what a COPY reads is another than its key says, but only by what the builder may not look
 * at: bytes of one size and time, and modes of directories (build-cache.md §1.2). Nothing is read of layers whose content
 * is as it was.
 *
 * @throws EngineError `cancelled`, and what the context and the layers say.
 */
export async function withUnseenChanges(question: UnseenQuestion, options?: CallOptions): Promise<SeenBuild> {
  const { build, keyed, seen } = question;
  const doubts: SeenStep[] = [];
  for (const [vertex, { operation, stage, step }] of keyed.vertices.entries()) {
    const planned = step === undefined ? undefined : build.plan.stages[stage]?.steps[step]?.operation;
    if (operation === undefined || (planned?.kind !== 'copy' && planned?.kind !== 'add')) continue;
    const reason = await unseenIn(question, vertex, planned, options);
    const label = build.plan.stages[stage]?.label ?? '';
    if (reason !== undefined)
      doubts.push({ stage: label, text: reason.text, finding: { vertex, state: 'unknown', reason } });
  }
  return doubts.length === 0 ? seen : { ...seen, steps: [...seen.steps, ...doubts] };
}

async function unseenIn(
  { build, keyed, seen, image, layers }: UnseenQuestion,
  position: number,
  copy: Parameters<typeof copiedContent>[0],
  options?: CallOptions,
): Promise<StepReason | undefined> {
  const { operation, inputs } = keyed.vertices[position] ?? {};
  const selection = inputs?.find(({ content }) => content?.origin.kind === 'context')?.content;
  if (operation === undefined || selection === undefined) return undefined;
  const key = outputKey(operation.digest, 0);
  const made = seen.records.filter((record) => record.key === key);
  const rules = keyFormatOf(buildkitVersionOf(build.builder));
  const [answer] = (await build.context?.contents([selection], rules, options)) ?? [];
  if (answer?.actual === undefined || isLinked(seen, made, outputKey(answer.actual, -1))) return undefined;
  for (const { layer } of made) {
    const at = image.layers.findIndex(({ diffId }) => diffId !== undefined && diffId === layer?.diffId);
    if (at < 0) continue;
    const content = await copiedContent(copy, selection, { view: build.context, rules }, at, layers, options);
    // What is another, and looks the same, is what no layer shows: the mode of the directory itself.
    if (content.kind === 'same') return unseenMode;
    if (unseenCodes.has(content.finding.reason.code)) return content.finding.reason;
  }
  return undefined;
}

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
