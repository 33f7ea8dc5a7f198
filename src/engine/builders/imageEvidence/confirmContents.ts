import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { CacheLink, CacheRecord, SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { ContentSelection, KeyedBuild } from '../../build/cache/vertex.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { CopyStep } from '../../build/plan/buildPlan.ts';
import { type Sha256, sha256 } from '../../build/sha256.ts';
import type { ContentGap, HistoryBuild, SentContext } from '../historyRecords/historyBuild.ts';
import { contextAsked, copiedContent, type CopiedContent } from './copyFinding.ts';
import type { Finding } from './judged.ts';
import type { MadeLayer } from './layerFiles.ts';
import { SameChain } from './sameChain.ts';
import { stageFinding } from './stageFinding.ts';
import { type BuiltContext, unchangedContent } from './unchangedContent.ts';

/** A build that is told without the contents of its context, the layers that it made, and the build that is asked about. */
export interface ContentsQuestion {
  readonly build: BuildkitBuild;
  readonly keyed: KeyedBuild;
  readonly history: HistoryBuild;
  /** Undefined where no layers are to be had. */
  readonly findMade?: FindMade;
  /** What a client sent, where it still lies there; undefined where that is not certain. */
  readonly findBuilt?: FindBuilt;
  /** What was proved before of the same build, and takes what is proved now. */
  readonly contents?: ProvedContents | undefined;
}

export interface ProvedContents {
  /** Undefined where it is not known. */
  find(gap: ContentGap, options?: CallOptions): Promise<CopiedContent | undefined>;
  prove(gap: ContentGap, digest: Sha256): void;
}

/** The directory that was sent. */
export type FindBuilt = (sent: SentContext) => Promise<BuiltContext | undefined>;

/** The layer that was made where content is to be seen; undefined where it is not to be had. */
export type FindMade = (gap: ContentGap) => Promise<MadeLayer | undefined>;

/**
 * The build with what its steps read of the context, where the layers show that it is what would be read now; and where
 * they show that it is not, or do not show it, with that. Holds for the build that is asked about only.
 *
 * @throws EngineError `cancelled`, and what the context and the layers say.
 */
export async function confirmContents(question: ContentsQuestion, options?: CallOptions): Promise<SeenBuild> {
  const { seen, gaps } = question.history;
  const draft = new ConfirmedBuild(seen, question.keyed);
  for (const gap of gaps)
    for (const reader of readersOf(question, gap)) await draft.fill(gap, reader, question, options);
  return draft.finish();
}

/** A step of the build that is asked about, which has the operation of one that was made. */
interface Reader {
  readonly vertex: number;
  readonly selection: ContentSelection;
  /** Undefined of RUN, whose mounts leave nothing in its layer. */
  readonly copy: CopyStep | undefined;
}

function readersOf({ build, keyed, history }: ContentsQuestion, gap: ContentGap): readonly Reader[] {
  const key = history.seen.records[gap.record]?.key;
  return [...keyed.vertices.entries()].flatMap(([vertex, { operation, inputs, stage, step }]) => {
    const selection = inputs[gap.input]?.content;
    if (operation === undefined || selection === undefined || outputKey(operation.digest, 0) !== key)
      return [];
    const planned = step === undefined ? undefined : build.plan.stages[stage]?.steps[step]?.operation;
    const copy = planned?.kind === 'copy' || planned?.kind === 'add' ? planned : undefined;
    return [{ vertex, selection, copy }];
  });
}

class ConfirmedBuild {
  readonly #seen: SeenBuild;
  readonly #records: CacheRecord[];
  readonly #steps: SeenStep[];
  readonly #chain: SameChain;

  constructor(seen: SeenBuild, keyed: KeyedBuild) {
    this.#seen = seen;
    this.#chain = new SameChain(keyed, seen.records);
    this.#records = [...seen.records];
    this.#steps = [...seen.steps];
  }

  finish(): SeenBuild {
    return { ...this.#seen, records: this.#records, steps: this.#steps };
  }

  async fill(
    gap: ContentGap,
    reader: Reader,
    question: ContentsQuestion,
    options?: CallOptions,
  ): Promise<void> {
    const { vertex, selection } = reader;
    // On something else it is made again whatever it reads.
    if (!this.#chain.standsOnSame(vertex)) return;
    if (selection.origin.kind === 'stage') {
      if (gap.origin === 'stage')
        this.#leaveOpen(gap, vertex, stageFinding(question.build.plan, selection.origin.index));
      return;
    }
    const shown = await this.#contentOf(gap, reader, question, options);
    const now = await this.#orUnchanged(shown, gap, question, options);
    if (now.kind === 'same' && now.digest !== undefined) question.contents?.prove(gap, now.digest);
    const isOpen = now.kind === 'finding' && now.finding.state === 'unknown';
    const content = (isOpen ? await question.contents?.find(gap, options) : undefined) ?? now;
    if (content.kind === 'finding') this.#leaveOpen(gap, vertex, content.finding);
    else if (content.digest !== undefined) this.#link(gap, outputKey(content.digest, -1));
  }

  async #contentOf(
    gap: ContentGap,
    { selection, copy }: Reader,
    { build, findMade }: ContentsQuestion,
    options?: CallOptions,
  ): Promise<CopiedContent> {
    const made = copy && (await findMade?.(gap));
    if (copy === undefined || made === undefined) return { kind: 'finding', finding: notShown(copy) };
    const { origin } = selection;
    const view = origin.kind === 'named' ? build.namedContexts?.get(origin.name) : build.context;
    return copiedContent(copy, selection, contextAsked(build, view), made, options);
  }

  /** Where no layer shows it, files that nothing was done to since tell what it was. */
  async #orUnchanged(
    content: CopiedContent,
    { sent, sources }: ContentGap,
    { build, findBuilt }: ContentsQuestion,
    options?: CallOptions,
  ): Promise<CopiedContent> {
    const isHidden = content.kind === 'finding' && content.finding.reason.code === 'not-shown';
    const built = isHidden && sent !== undefined ? await findBuilt?.(sent) : undefined;
    if (built === undefined) return content;
    const rules = keyFormatOf(buildkitVersionOf(build.builder));
    return (await unchangedContent(sources, built, rules, options)) ?? content;
  }

  /** What is certainly another content is linked to one that nothing has; without a link it may be any. */
  #leaveOpen(gap: ContentGap, vertex: number, finding: Finding): void {
    if (finding.state === 'rebuild') this.#chain.remake(vertex);
    if (finding.state === 'rebuild') this.#link(gap, sha256(`other ${gap.record} ${gap.input}`));
    const step = gap.step === undefined ? undefined : this.#steps[gap.step];
    const told = { ...(step ?? { stage: '', text: '' }), finding: { vertex, ...finding } };
    if (gap.step === undefined || step?.finding !== undefined) this.#steps.push(told);
    else this.#steps[gap.step] = told;
  }

  #link(gap: ContentGap, key: Sha256): void {
    const record = this.#records[gap.record];
    if (record === undefined) return;
    const content = this.#records.push({ key, inputs: [], certainty: 'inferred' }) - 1;
    const links = (ways: readonly CacheLink[], at: number): readonly CacheLink[] =>
      at === gap.input ? [...ways, { record: content, selector: '' }] : ways;
    this.#records[gap.record] = { ...record, inputs: record.inputs.map(links) };
  }
}

function notShown(copy: CopyStep | undefined): Finding {
  const text =
    copy === undefined
      ? 'no layer shows what a mount showed'
      : 'its layer is not to be had, so that what it copied is not known';
  return { state: 'unknown', reason: { code: 'not-shown', text } };
}
