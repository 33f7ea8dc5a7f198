import type { BuilderIdentity } from '../builder.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { DockerfileProblem, DockerfileProblemCode } from '../dockerfile/dockerfileProblem.ts';
import type { Stages } from '../dockerfile/readStages.ts';
import { buildahRules, type BuildahRules } from './buildahVersion.ts';

/** How far buildah comes in a file. */
export class BuildahLimits {
  readonly #problems: DockerfileProblem[];
  /** The first instruction that is not come to. */
  #end = Infinity;

  constructor(
    builder: BuilderIdentity,
    { stages, problems }: Stages,
    positionOf: (instruction: Instruction) => number,
  ) {
    this.#problems = [...problems];
    if (problems.some(({ severity }) => severity === 'error')) this.#end = 0;
    const rules = buildahRules(builder);
    const name = `buildah ${builder.version ?? ''}`.trim();
    for (const command of stages.flatMap(({ commands }) => commands)) {
      const what = unknownPart(command, rules);
      if (what === undefined) continue;
      const { instruction } = command;
      this.#refuse(positionOf(instruction), 'unknown-flag', instruction, `${name} does not know ${what}`);
    }
  }

  get problems(): readonly DockerfileProblem[] {
    return this.#problems.sort((one, other) => one.range.start - other.range.start);
  }

  isBehindEnd(position: number): boolean {
    return position >= this.#end;
  }

  /** The build fails at this instruction. */
  endAt(position: number, instruction: Instruction, why: string): void {
    this.#refuse(position + 1, 'argument-invalid', instruction, why);
  }

  refuseTarget(target: string): void {
    const message = `the target ${JSON.stringify(target)} was not found in the Dockerfile`;
    this.#refuse(0, 'stage-not-found', { range: { start: 0, end: 0 } }, message);
  }

  #refuse(
    end: number,
    code: DockerfileProblemCode,
    { range }: Pick<Instruction, 'range'>,
    message: string,
  ): void {
    this.#end = Math.min(this.#end, end);
    this.#problems.push({ code, severity: 'error', range, message });
  }
}

/** What this version does not read; a build ends where it comes to it. */
function unknownPart({ kind, instruction }: Command, rules: BuildahRules): string | undefined {
  if (instruction.heredocs.length > 0 && !rules.readsHeredocs) return 'heredocs';
  if (kind !== 'run' && kind !== 'copy' && kind !== 'add') return undefined;
  const flag = instruction.flags.find(({ name }) => !rules.flags[kind].includes(name));
  return flag && `--${flag.name}`;
}
