import type { Instruction } from '../dockerfile/ast.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import type { Stage, Stages } from '../dockerfile/readStages.ts';
import type { ClassicInput } from './classicInput.ts';
import { readsNewGrammar, type Unsupported, unsupportedIn } from './refusals.ts';
import type { Outcome } from './reportSteps.ts';

/** How far the classic builder comes in a file: which stages it builds, where it gives up, and what it passes over. */
export class BuildLimits {
  /** Whether the engine reads BuildKit's grammar. */
  readonly isNew: boolean;
  /** Those that are built, in their order. */
  readonly stages: readonly Stage[];
  readonly #problems: DockerfileProblem[];
  /** The first instruction that is not come to. */
  #end = Infinity;

  constructor(
    { builder, request }: ClassicInput,
    { stages, problems }: Stages,
    positionOf: (instruction: Instruction) => number,
  ) {
    this.isNew = readsNewGrammar(builder);
    this.#problems = [...problems];
    if (problems.some(({ severity }) => severity === 'error')) this.#end = 0;
    this.stages = stages.slice(0, this.#targetOf(request.target, stages) + 1);
    for (const command of this.stages.flatMap(({ commands }) => commands)) {
      const found = unsupportedIn(command, this.isNew);
      if (found !== undefined) this.#report(command, found);
      // An old engine reads the whole file before it begins.
      const at = this.isNew ? positionOf(command.instruction) : 0;
      if (found?.kind === 'refused') this.#end = Math.min(this.#end, at);
    }
  }

  get problems(): readonly DockerfileProblem[] {
    return this.#problems.sort((one, other) => one.range.start - other.range.start);
  }

  isBehindEnd(position: number): boolean {
    return position >= this.#end;
  }

  /** The build fails at this instruction. */
  endAt(position: number, { range }: Instruction, why: string): void {
    this.#end = Math.min(this.#end, position + 1);
    const message = `COPY failed: ${why}`;
    this.#problems.push({ code: 'argument-invalid', severity: 'error', range, message });
  }

  /** The outcome, with a word on what of the instruction the builder passes over. */
  withIgnored(command: Command, outcome: Outcome): Outcome {
    const found = unsupportedIn(command, this.isNew);
    if (found?.kind !== 'ignored') return outcome;
    const text = `${outcome.reason.text}; this builder ignores ${found.what}`;
    return { ...outcome, reason: { ...outcome.reason, text, ignored: found.what } };
  }

  #targetOf(target: string | undefined, stages: readonly Stage[]): number {
    const last = stages.length - 1;
    if (target === undefined) return last;
    const found = stages.findLastIndex(({ from }) => from.stageName === target.toLowerCase());
    if (found >= 0) return found;
    if (/^[0-9]+$/.test(target) && Number(target) <= last) return Number(target);
    const message = `failed to reach build target ${target} in Dockerfile`;
    this.#problems.push({ code: 'stage-not-found', severity: 'error', range: { start: 0, end: 0 }, message });
    this.#end = 0;
    return last;
  }

  #report({ instruction: { range } }: Command, { kind, what }: Unsupported): void {
    const code = what.startsWith('--') ? 'unknown-flag' : 'heredoc-invalid';
    const [severity, message] =
      kind === 'ignored'
        ? (['warning', `the classic builder ignores ${what} and says nothing of it`] as const)
        : (['error', `the classic builder refuses ${what}: it needs BuildKit`] as const);
    this.#problems.push({ code, severity, range, message });
  }
}
