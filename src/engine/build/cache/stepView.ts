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

/** The instructions that set what acts on a step, by what they set: `PATH` of variables, `=USER` of all else. */
export type Setters = ReadonlyMap<string, StepView>;

/** All steps of a plan by stage, and those of the file by the position of their instruction. */
export class StepViews {
  readonly all: readonly StepView[];
  readonly #byInstruction = new Map<number, StepView>();
  readonly #byStage: readonly (readonly StepView[])[];
  readonly #setters = new Map<PlannedStep, Setters>();
  /** By stage: what it leaves. */
  readonly #left = new Map<number, Setters>();

  constructor(dockerfile: Dockerfile, { stages }: BuildPlan, keyed: KeyedBuild) {
    const positions = new Map(dockerfile.instructions.map(({ range }, at) => [range.start, at]));
    const vertices = verticesByPlace(keyed);
    this.#byStage = stages.map((stage) => viewsOf(stage, positions, vertices));
    this.all = this.#byStage.flat();
    for (const view of this.all) if (!view.step.isTrigger) this.#byInstruction.set(view.instruction, view);
    for (const views of this.#byStage) this.#walk(views);
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

  /** What the lines above set, those of the stages that its stage begins with among them. */
  settersOf({ step }: StepView): Setters {
    return this.#setters.get(step) ?? new Map<string, StepView>();
  }

  /** A stage that begins with another stands behind it. */
  #walk(views: readonly StepView[]): void {
    const [first] = views;
    const from = first?.stage.from;
    let setters: Setters = (from?.kind === 'stage' ? this.#left.get(from.index) : undefined) ?? new Map();
    for (const view of views) {
      this.#setters.set(view.step, setters);
      const names = setBy(view.step.instruction);
      if (names.length > 0) setters = new Map([...setters, ...names.map((name) => [name, view] as const)]);
    }
    if (first !== undefined) this.#left.set(first.stage.index, setters);
  }
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
