import type { Pacer } from '../../base/abort.ts';
import { inPieces } from '../../base/pieces.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { PlannedStep } from '../plan/buildPlan.ts';
import { viewOf } from './askContents.ts';
import type { PathDifference, StepReason, StepStatus } from './cacheReport.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import { toReason } from './reasonTexts.ts';
import { type FrontendLimits, frontendLimits } from './frontendLimits.ts';
import { stepsOfRecord } from './recordedSteps.ts';
import type { RebuildReasons } from './rebuildReasons.ts';
import type { StepView } from './stepView.ts';
import { variableEffects } from './variableEffects.ts';

/** A status for every instruction of the file, and for the triggers of bases. */
export async function reportSteps(
  conclusions: Conclusions,
  statuses: readonly VertexStatus[],
  reasons: RebuildReasons,
  options: CallOptions,
  pacer: Pacer,
): Promise<{ readonly steps: readonly StepStatus[]; readonly triggers: readonly StepStatus[] }> {
  const reporter = new StepReporter(conclusions, statuses, reasons, options, pacer);
  const { views, question } = conclusions;
  const steps: StepStatus[] = [];
  for (const [at, instruction] of question.dockerfile.instructions.entries()) {
    steps.push(await reporter.report(instruction, at));
    await pacer.breathe();
  }
  const triggers: StepStatus[] = [];
  for (const view of views.all.filter(({ step }) => step.isTrigger)) {
    triggers.push(await reporter.reportView(view));
    await pacer.breathe();
  }
  return { steps, triggers };
}

class StepReporter {
  readonly #conclusions: Conclusions;
  readonly #statuses: readonly VertexStatus[];
  readonly #reasons: RebuildReasons;
  readonly #options: CallOptions;
  readonly #pacer: Pacer;
  readonly #frontend: FrontendLimits;
  /** By the line that sets variables. */
  #effects: ReadonlyMap<PlannedStep, number> | undefined;
  #stage = '';
  #stageCount = 0;

  constructor(
    conclusions: Conclusions,
    statuses: readonly VertexStatus[],
    reasons: RebuildReasons,
    options: CallOptions,
    pacer: Pacer,
  ) {
    this.#conclusions = conclusions;
    this.#statuses = statuses;
    this.#reasons = reasons;
    this.#options = options;
    this.#pacer = pacer;
    const { dockerfile, builder } = conclusions.question;
    this.#frontend = frontendLimits(dockerfile, builder);
  }

  async report(instruction: Instruction, at: number): Promise<StepStatus> {
    if (instruction.name === 'FROM') this.#enterStage(instruction);
    const view = this.#conclusions.views.of(at);
    if (view !== undefined) return this.reportView(view);
    const { range, lines, original } = instruction;
    const place = { instruction: at, range, lines, stage: this.#stage, text: original };
    return { ...place, ...this.#unplanned(instruction) };
  }

  async reportView(view: StepView): Promise<StepStatus> {
    const { step, instruction, stage } = view;
    const { range, instruction: written, row, isTrigger } = step;
    const from = this.#conclusions.question.dockerfile.instructions[instruction];
    return {
      instruction,
      range,
      lines: isTrigger && from !== undefined ? from.lines : written.lines,
      stage: isTrigger ? stage.label : this.#stage,
      text: written.original,
      ...(row !== undefined && { row, expanded: row.replace(/^\[[^\]]*\] /, '') }),
      ...(await this.#statusOf(view)),
    };
  }

  #enterStage({ args }: Instruction): void {
    const [, keyword, name] = args.map(({ text }) => text);
    this.#stage = keyword?.toLowerCase() === 'as' && name !== undefined ? name : String(this.#stageCount);
    this.#stageCount++;
  }

  /** What is no part of the plan. */
  #unplanned({ name, isDamaged }: Instruction): Pick<StepStatus, 'state' | 'reason'> {
    const isGlobal = name === 'ARG' && this.#stageCount === 0 && !isDamaged;
    if (isGlobal) return { state: 'no-step', reason: toReason({ code: 'global-argument' }) };
    if (this.#conclusions.question.plan.stages[this.#stageCount - 1]?.isReplaced === true)
      return {
        state: 'no-step',
        reason: toReason({ code: 'stage-not-needed' }, 'a named context stands for this stage'),
      };
    return { state: 'unknown', reason: toReason({ code: 'invalid' }) };
  }

  async #statusOf(view: StepView): Promise<Pick<StepStatus, 'state' | 'reason' | 'layer' | 'seconds'>> {
    const { stage, vertices } = view;
    if (!stage.isNeeded) return { state: 'no-step', reason: toReason({ code: 'stage-not-needed' }) };
    const refused = this.#refusal(view);
    if (refused !== undefined) return { state: 'unknown', reason: refused };
    const found = vertices.flatMap((at) => this.#statuses[at] ?? []);
    const [status] = found.toSorted((one, other) => weights[other.state] - weights[one.state]);
    if (status === undefined) return { state: 'no-step', reason: await this.#noStepReason(view) };
    const reason = await this.#withPaths(status.reason, view);
    const newest = status.result?.records.at(-1);
    const all = status.result?.records ?? [];
    // One that is in an image can be looked into.
    const made =
      all.findLast(({ record }) => record.layer?.image !== undefined) ??
      all.findLast(({ record }) => record.layer !== undefined);
    // What is not found has what it made the last time, to be compared with.
    const last = newest === undefined ? this.#reasons.lastTime(view) : undefined;
    const seconds = this.#secondsOf(newest) ?? last?.seconds;
    const layer = made?.record.layer ?? last?.layer;
    return {
      state: status.state,
      reason,
      ...(layer && { layer }),
      ...(seconds !== undefined && { seconds }),
    };
  }

  /** Of a file that another frontend reads, only what is no step in any is told. */
  #refusal({ step, vertices }: StepView): StepReason | undefined {
    const part = step.isTrigger ? undefined : this.#frontend.refusedPart(step.instruction);
    if (part !== undefined)
      return toReason({ code: 'invalid', subject: part }, `the builder does not know ${part} yet`);
    return vertices.length === 0 ? undefined : this.#frontend.unknown;
  }

  #secondsOf(known: NonNullable<VertexStatus['result']>['records'][number] | undefined): number | undefined {
    if (known === undefined) return undefined;
    return stepsOfRecord(known.build, known.record)[0]?.seconds;
  }

  async #noStepReason(view: StepView): Promise<StepReason> {
    const { operation } = view.step;
    if (operation.kind === 'from')
      return toReason({
        code: 'base',
        ...(operation.base.kind === 'image' && { subject: operation.base.name }),
      });
    if (operation.kind === 'workdir') return toReason({ code: 'root-directory' });
    this.#effects ??= await inPieces(variableEffects(this.#conclusions, this.#reasons.seen), this.#pacer);
    const changed = this.#effects.get(view.step) ?? 0;
    if (changed === 0) return toReason({ code: 'metadata' });
    const lines = changed === 1 ? '1 RUN line' : `${changed} RUN lines`;
    return toReason({ code: 'metadata' }, `metadata: changes the environment of ${lines} below`);
  }

  async #withPaths(reason: StepReason, view: StepView): Promise<StepReason> {
    if (reason.code !== 'files-changed') return reason;
    const found = await this.#differences(view);
    if (found === undefined || found.length === 0) return reason;
    const facts = { ...reason, paths: found.slice(0, mostPaths), pathCount: found.length };
    return toReason(facts, filesText(found));
  }

  async #differences({ vertices }: StepView): Promise<readonly PathDifference[] | undefined> {
    const { keyed, matches, question } = this.#conclusions;
    for (const at of vertices) {
      const nearest = matches[at]?.nearest;
      const input = keyed.vertices[at]?.inputs.find((_, place) => nearest?.inputs[place] === 'other');
      const upload = nearest?.result.records.findLast(({ build }) => build.upload !== undefined)?.build
        .upload;
      const view = input?.content && viewOf(input.content, question);
      if (input?.content === undefined || view === undefined || upload === undefined) continue;
      return view.differences(input.content, upload, this.#options);
    }
    return undefined;
  }
}

const mostPaths = 100;

/** Of the vertices that stand for one instruction the one that costs the most decides. */
const weights = { cached: 0, likely: 1, stale: 2, depends: 3, unknown: 4, rebuild: 5 } as const;

function filesText(paths: readonly PathDifference[]): string {
  const [first] = paths;
  const what = first === undefined ? 'files' : first.path || '.';
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  const verb = first?.change === 'added' ? 'added' : first?.change === 'removed' ? 'removed' : 'changed';
  return `${what}${more} ${verb}`;
}
