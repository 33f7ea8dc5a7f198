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
  readonly #byPlace = new Map<string, StepView>();

  constructor(dockerfile: Dockerfile, { stages }: BuildPlan, keyed: KeyedBuild) {
    const positions = new Map(dockerfile.instructions.map(({ range }, at) => [range.start, at]));
    const vertices = verticesByPlace(keyed);
    this.all = stages.flatMap((stage) => viewsOf(stage, positions, vertices));
    for (const view of this.all) {
      if (!view.step.isTrigger) this.#byInstruction.set(view.instruction, view);
      this.#byPlace.set(placeOf(view.stage.index, view.at), view);
    }
  }

  of(instruction: number): StepView | undefined {
    return this.#byInstruction.get(instruction);
  }

  at(stage: number, step: number): StepView | undefined {
    return this.#byPlace.get(placeOf(stage, step));
  }

  /** The steps that act on one: those above it, nearest first, then those of the stage that its stage begins with. */
  *above({ stage, at }: StepView): Iterable<StepView> {
    yield* this.#upwards(stage.index, at - 1);
    const seen = new Set([stage.index]);
    let under = this.#lastOfBase(stage);
    while (under !== undefined && !seen.has(under.stage.index)) {
      seen.add(under.stage.index);
      yield* this.#upwards(under.stage.index, under.at);
      under = this.#lastOfBase(under.stage);
    }
  }

  #lastOfBase({ from }: PlannedStage): StepView | undefined {
    return from.kind === 'stage' ? this.all.findLast(({ stage }) => stage.index === from.index) : undefined;
  }

  *#upwards(stage: number, from: number): Iterable<StepView> {
    for (let at = from; at >= 0; at--) {
      const view = this.at(stage, at);
      if (view !== undefined) yield view;
    }
  }
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

function verticesByPlace({ vertices }: KeyedBuild): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [at, { stage, step }] of vertices.entries()) {
    if (step === undefined) continue;
    const place = placeOf(stage, step);
    found.set(place, [...(found.get(place) ?? []), at]);
  }
  return found;
}

function placeOf(stage: number, step: number): string {
  return `${stage} ${step}`;
}

/** Names of variables that an instruction sets. */
export function variablesSetBy({ name, pairs, args }: Instruction): readonly string[] {
  if (name === 'ENV') return pairs.map(({ key }) => key.text);
  if (name === 'ARG') return args.map(({ text }) => text.split('=')[0] ?? '');
  return [];
}
