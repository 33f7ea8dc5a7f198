import type { Dockerfile, Instruction } from '../dockerfile/ast.ts';
import type { BuildPlan, PlannedStage, PlannedStep } from '../plan/buildPlan.ts';
import type { KeyedBuild } from './vertex.ts';

/** One step of a plan, with its place in the file and the vertices that stand for it. */
export interface StepView {
  /** Position of the instruction in the file; of a trigger that of its FROM. */
  readonly instruction: number;
  readonly stage: PlannedStage;
  /** Position in the stage. */
  readonly at: number;
  readonly step: PlannedStep;
  /** Those that are looked up, in order; files that an instruction brings with it are not among them. */
  readonly vertices: readonly number[];
}

/** All steps of a plan by stage, and those of the file by the position of their instruction. */
export class StepViews {
  readonly all: readonly StepView[];
  readonly #byInstruction = new Map<number, StepView>();
  readonly #byStage: readonly (readonly StepView[])[];
  /** By stage: the instructions that set something, in order, by what they set (`settersIn`). */
  readonly #setters: readonly ReadonlyMap<string, readonly StepView[]>[];

  constructor(dockerfile: Dockerfile, { stages }: BuildPlan, keyed: KeyedBuild) {
    const positions = new Map(dockerfile.instructions.map(({ range }, at) => [range.start, at]));
    const vertices = verticesByPlace(keyed);
    this.#byStage = stages.map((stage) => viewsOf(stage, positions, vertices));
    this.all = this.#byStage.flat();
    for (const view of this.all) if (!view.step.isTrigger) this.#byInstruction.set(view.instruction, view);
    this.#setters = this.#byStage.map(settersIn);
  }

  of(instruction: number): StepView | undefined {
    return this.#byInstruction.get(instruction);
  }

  at(stage: number, step: number): StepView | undefined {
    return this.#byStage[stage]?.[step];
  }

  /** FROM of its stage. */
  fromOf({ stage }: StepView): StepView | undefined {
    return this.#byStage[stage.index]?.find(({ step }) => step.operation.kind === 'from');
  }

  /**
   * The last line above that sets what acts on a step, in the stages that its stage begins with too.
   *
   * @param name of a variable: `PATH`; of all else `=USER`.
   */
  setterOf({ stage, at }: StepView, name: string): StepView | undefined {
    const own = this.#setters[stage.index]?.get(name)?.findLast((setter) => setter.at < at);
    return own ?? this.#setterUnder(stage, name);
  }

  /** A stage that begins with another stands behind it. */
  #setterUnder({ from, index }: PlannedStage, name: string): StepView | undefined {
    let [under, above] = [from, index];
    while (under.kind === 'stage' && under.index < above) {
      const found = this.#setters[under.index]?.get(name)?.at(-1);
      if (found !== undefined) return found;
      above = under.index;
      under = this.#byStage[above]?.[0]?.stage.from ?? { kind: 'scratch' };
    }
    return undefined;
  }
}

function settersIn(views: readonly StepView[]): ReadonlyMap<string, readonly StepView[]> {
  const setters = new Map<string, StepView[]>();
  for (const view of views)
    for (const name of setBy(view.step.instruction)) {
      const others = setters.get(name);
      if (others === undefined) setters.set(name, [view]);
      else others.push(view);
    }
  return setters;
}

function setBy(instruction: Instruction): readonly string[] {
  const { name = '' } = instruction;
  const isActing = name === 'USER' || name === 'WORKDIR' || name === 'SHELL';
  return isActing ? [`=${name}`] : variablesSetBy(instruction);
}

function viewsOf(
  stage: PlannedStage,
  positions: ReadonlyMap<number, number>,
  vertices: ReadonlyMap<string, readonly number[]>,
): readonly StepView[] {
  const from = stage.steps.find(({ operation }) => operation.kind === 'from')?.instruction;
  return stage.steps.map((step, at) => {
    const written = step.isTrigger ? from : step.instruction;
    const instruction = (written && positions.get(written.range.start)) ?? -1;
    return { instruction, stage, at, step, vertices: vertices.get(placeOf(stage.index, at)) ?? [] };
  });
}

/** By stage and step as `placeOf` names them. */
export function verticesByPlace({ vertices }: KeyedBuild): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [at, { stage, step }] of vertices.entries()) {
    if (step === undefined) continue;
    const place = placeOf(stage, step);
    const others = found.get(place);
    if (others === undefined) found.set(place, [at]);
    else others.push(at);
  }
  return found;
}

export function placeOf(stage: number, step: number): string {
  return `${stage} ${step}`;
}

/** Names of variables that an instruction sets. */
function variablesSetBy({ name, pairs, args }: Instruction): readonly string[] {
  if (name === 'ENV') return pairs.map(({ key }) => key.text);
  if (name === 'ARG') return args.map(({ text }) => text.split('=')[0] ?? '');
  return [];
}
