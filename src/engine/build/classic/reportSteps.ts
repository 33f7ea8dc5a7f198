import type { StepLayer, StepReason, StepState, StepStatus } from '../cache/cacheReport.ts';
import type { Dockerfile, Instruction } from '../dockerfile/ast.ts';
import type { Stage, Stages } from '../dockerfile/readStages.ts';
import { notNeeded, refusedFile } from './reasons.ts';

/** What became of one instruction. */
export interface Outcome {
  readonly state: StepState;
  readonly reason: StepReason;
  readonly layer?: StepLayer;
}

/** What else is told of it. */
export interface ShownStep {
  readonly row?: string;
  readonly expanded?: string;
}

/** Gathers a status for each instruction of a file, and for the triggers of its base images. */
export class ReportSteps {
  readonly triggers: StepStatus[] = [];
  readonly #dockerfile: Dockerfile;
  readonly #stages: Stages;
  readonly #positions: ReadonlyMap<Instruction, number>;
  readonly #statuses = new Map<Instruction, StepStatus>();

  constructor(dockerfile: Dockerfile, stages: Stages) {
    this.#dockerfile = dockerfile;
    this.#stages = stages;
    this.#positions = new Map(dockerfile.instructions.map((instruction, at) => [instruction, at]));
  }

  positionOf(instruction: Instruction): number {
    return this.#positions.get(instruction) ?? 0;
  }

  set(instruction: Instruction, outcome: Outcome, shown: ShownStep = {}): void {
    const { range, lines, original } = instruction;
    const stage = labelOf(this.#stageOf(instruction));
    const place = { instruction: this.positionOf(instruction), range, lines, stage };
    this.#statuses.set(instruction, { ...place, text: original, ...shown, ...outcome });
  }

  /** A trigger stands where FROM of its stage stands. */
  addTrigger(stage: Stage, { original }: Instruction, outcome: Outcome, shown: ShownStep): void {
    const { range, lines } = stage.from.instruction;
    const place = {
      instruction: this.positionOf(stage.from.instruction),
      range,
      lines,
      stage: labelOf(stage),
    };
    this.triggers.push({ ...place, text: original, ...shown, ...outcome });
  }

  /** In the order of the file. What nobody told of is not built, or no instruction that the builder reads. */
  finish(): readonly StepStatus[] {
    for (const instruction of this.#dockerfile.instructions)
      if (!this.#statuses.has(instruction))
        this.set(
          instruction,
          this.#isRead(instruction) ? { state: 'no-step', reason: notNeeded } : refusedFile,
        );
    return this.#dockerfile.instructions.flatMap((instruction) => this.#statuses.get(instruction) ?? []);
  }

  #isRead(instruction: Instruction): boolean {
    const stage = this.#stageOf(instruction);
    const commands = stage === undefined ? [] : [stage.from, ...stage.commands];
    return commands.some((each) => each.instruction === instruction);
  }

  #stageOf({ range }: Instruction): Stage | undefined {
    return this.#stages.stages.findLast(({ from }) => from.instruction.range.start <= range.start);
  }
}

/** Its name, or its number; empty before the first FROM. */
export function labelOf(stage: Stage | undefined): string {
  return stage === undefined ? '' : (stage.from.stageName ?? String(stage.index));
}
