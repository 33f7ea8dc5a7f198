import type { Pieces } from '../../base/pieces.ts';
import type { PlannedStage } from '../plan/buildPlan.ts';
import { type AlignableStep, alignSteps } from './alignSteps.ts';
import type { SeenBuild, SeenStep } from './cacheGraph.ts';
import { placeOf, type StepView, verticesByPlace } from './stepView.ts';
import type { KeyedBuild } from './vertex.ts';

/** A step of an earlier build that is to be compared with one of now. */
export interface Counterpart {
  readonly build: SeenBuild;
  readonly step: SeenStep;
}

/** Finds what a step was before: in the newest build that knows what its steps were. */
export class SeenSteps {
  readonly #builds: readonly SeenBuild[];
  readonly #keyed: KeyedBuild;
  readonly #places: ReadonlyMap<string, readonly number[]>;
  readonly #paired = new Map<string, readonly (SeenStep | undefined)[]>();
  /** By stage. */
  readonly #now = new Map<number, readonly AlignableStep[]>();

  /** @param seen newest first. */
  constructor(seen: readonly SeenBuild[], keyed: KeyedBuild) {
    const isTelling = ({ steps, isOfAnotherFile }: SeenBuild): boolean =>
      isOfAnotherFile !== true && steps.some(({ operation }) => operation !== undefined);
    this.#builds = seen.filter(isTelling).slice(0, mostCompared);
    this.#keyed = keyed;
    this.#places = verticesByPlace(keyed);
  }

  before(view: StepView): Counterpart | undefined {
    for (const counterpart of this.everyBefore(view)) return counterpart;
    return undefined;
  }

  /** Does build by build what is otherwise done at once when the first step of a stage is asked about. */
  *reading(stage: PlannedStage): Pieces<void> {
    for (const [number, build] of this.#builds.entries()) {
      if (this.#paired.has(nameOf(number, stage))) continue;
      this.#pairs(number, build, stage);
      yield;
    }
  }

  /** The same step in each build that knows it, newest first. */
  *everyBefore({ stage, at }: StepView): Generator<Counterpart> {
    for (const [number, build] of this.#builds.entries()) {
      const step = this.#pairs(number, build, stage)[at];
      if (step !== undefined) yield { build, step };
    }
  }

  #pairs(number: number, build: SeenBuild, stage: PlannedStage): readonly (SeenStep | undefined)[] {
    const name = nameOf(number, stage);
    const known = this.#paired.get(name);
    if (known !== undefined) return known;
    const before = stepsOfStage(build, stage);
    const pairs = alignSteps(before.map(toAlignable), this.#stepsNow(stage)).map((at) =>
      at === undefined ? undefined : before[at],
    );
    this.#paired.set(name, pairs);
    return pairs;
  }

  #stepsNow(stage: PlannedStage): readonly AlignableStep[] {
    const known = this.#now.get(stage.index);
    if (known !== undefined) return known;
    const now = stage.steps.map(({ instruction }, at): AlignableStep => {
      const [first = -1] = this.#places.get(placeOf(stage.index, at)) ?? [];
      const own = this.#keyed.vertices[first];
      return { key: own?.operation?.digest ?? instruction.original, kind: kindOf(instruction.original) };
    });
    this.#now.set(stage.index, now);
    return now;
  }
}

function nameOf(build: number, { index }: PlannedStage): string {
  return `${build} ${index}`;
}

const mostCompared = 20;

/** By its name, else by its place: a single stage has no name, and is called by a number when another comes beside it. */
function stepsOfStage(build: SeenBuild, { label, index }: PlannedStage): readonly SeenStep[] {
  const stages = stagesOf.get(build) ?? byStage(build);
  stagesOf.set(build, stages);
  return stages.get(label) ?? [...stages.values()][index] ?? [];
}

function byStage({ steps }: SeenBuild): ReadonlyMap<string, readonly SeenStep[]> {
  const found = new Map<string, SeenStep[]>();
  for (const step of steps) {
    const others = found.get(step.stage);
    if (others === undefined) found.set(step.stage, [step]);
    else others.push(step);
  }
  return found;
}

/** Builds never change. */
const stagesOf = new WeakMap<SeenBuild, ReadonlyMap<string, readonly SeenStep[]>>();

function toAlignable({ operation, text }: SeenStep): AlignableStep {
  return { key: operation?.digest ?? text, kind: kindOf(text) };
}

/** COPY becomes ADD and back. */
function kindOf(text: string): string {
  const keyword = /^[A-Za-z]+/.exec(text)?.[0].toUpperCase() ?? '';
  return keyword === 'ADD' ? 'COPY' : keyword;
}
