import type { CallOptions } from '../../base/progress.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { KeyedOperation } from '../../build/cache/vertex.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import type { ListedBase } from '../../build/createdBy/listedPath.ts';
import type { PlannedStep } from '../../build/plan/buildPlan.ts';
import type { Environment } from '../../build/plan/environment.ts';
import { baseChange, isUnderstood } from './baseChange.ts';
import type { HistoryEntry } from './imageHistory.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { type Finding, found, type Judged, type JudgedStep, type Surroundings } from './judged.ts';
import { judgeCopy } from './judgeCopy.ts';
import { judgeRun } from './judgeRun.ts';
import { judgeWorkdir } from './judgeWorkdir.ts';
import { ListedDoubts } from './listedDoubts.ts';
import { pastRun } from './pastRun.ts';
import { PastState } from './pastState.ts';

/** Compares steps with entries of a history, one after the other. */
export class StepJudge {
  readonly #around: Surroundings;
  readonly #doubts: ListedDoubts;

  /** @param begin the variables that the base gives now. */
  constructor(
    question: ImageQuestion,
    lines: readonly HistoryLine[],
    entries: readonly HistoryEntry[],
    begin: Environment,
    base: ListedBase | undefined,
  ) {
    const { image, build, listed } = question;
    const version = buildkitVersionOf(build.builder);
    const newPast = (): PastState => new PastState(begin, lines, image, entries, !isFrom(14, version));
    this.#around = {
      question,
      past: newPast(),
      baseChange: baseChange(image, entries, begin.toList()),
      isUnderstood: isUnderstood(image, entries, newPast()),
      showsFlags: isFrom(13, version),
    };
    this.#doubts = new ListedDoubts(listed, base);
  }

  /** An entry has been gone by. */
  pass(entry: HistoryEntry): void {
    this.#around.past.pass(entry);
  }

  /** The entries that follow are of a stage that begins with the one before. */
  beginStage(): void {
    this.#around.past.beginStage();
  }

  /** The operation that a RUN was then, as far as it can be told. */
  pastRun(now: KeyedOperation, step: PlannedStep, entry: HistoryEntry): KeyedOperation | undefined {
    const { operation } = step;
    return operation.kind === 'run' && entry.keyword === 'RUN'
      ? pastRun(now, step, operation, entry, this.#around)
      : undefined;
  }

  /** @param above what was found of a step above: then nothing below is the same, but it may be certain that it is not. */
  async judge(
    line: HistoryLine,
    step: PlannedStep,
    entry: HistoryEntry | undefined,
    above: Finding | undefined,
    options?: CallOptions,
  ): Promise<Judged> {
    const judged =
      above?.state === 'rebuild' ? undefined : await this.#judgeAlone(line, step, entry, options);
    const own = this.#doubted(judged, step, entry);
    const over = above && this.#doubts.ofOther(above, step, entry !== undefined);
    this.#doubts.pass(step);
    const finding = own === undefined || over === undefined ? (own ?? over) : graver(own, over);
    return finding === undefined && judged !== undefined
      ? judged
      : { kind: 'finding', finding: finding ?? nothing };
  }

  #doubted(
    judged: Judged | undefined,
    step: PlannedStep,
    entry: HistoryEntry | undefined,
  ): Finding | undefined {
    if (judged === undefined) return undefined;
    if (judged.kind === 'same') return this.#doubts.ofSame(step);
    return this.#doubts.ofOther(judged.finding, step, entry !== undefined);
  }

  async #judgeAlone(
    line: HistoryLine,
    step: PlannedStep,
    entry: HistoryEntry | undefined,
    options?: CallOptions,
  ): Promise<Judged> {
    if (entry?.layer === undefined) return found('rebuild', nothing.reason);
    const { operation } = step;
    const judged: JudgedStep = { step, line, entry: { ...entry, layer: entry.layer } };
    if (operation.kind === 'copy' || operation.kind === 'add')
      return judgeCopy(operation, judged, this.#around, options);
    if (operation.kind === 'run') return judgeRun(operation, judged, this.#around);
    return operation.kind === 'workdir'
      ? judgeWorkdir(operation, judged, this.#around)
      : { ...found('rebuild', nothing.reason) };
  }
}

const nothing = {
  state: 'rebuild',
  reason: { code: 'never-built', text: 'the image was built without this step' },
} as const;

/** Certain news comes before doubt, and doubt before what only depends on another stage. */
function graver(own: Finding, above: Finding): Finding {
  return own.state === 'rebuild' || (own.state === 'unknown' && above.state === 'depends') ? own : above;
}

/** Histories have flags of COPY since 0.13, and values of arguments since 0.14. */
function isFrom(wanted: number, version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 0 || minor >= wanted;
}
