import type { BuilderIdentity } from '../builder.ts';
import { isCopy } from '../classic/classicStage.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { Command } from '../dockerfile/commands.ts';
import type { DockerfileProblem, DockerfileProblemCode } from '../dockerfile/dockerfileProblem.ts';
import type { Stages } from '../dockerfile/readStages.ts';
import { buildahRules } from './buildahVersion.ts';

/** How far buildah comes in a file. */
export class BuildahLimits {
  readonly #problems: DockerfileProblem[];
  /** The first instruction that is not come to. */
  #end = Infinity;

  constructor(builder: BuilderIdentity, { stages, problems }: Stages) {
    this.#problems = [...problems];
    if (problems.some(({ severity }) => severity === 'error')) this.#end = 0;
    const { readsHeredocs } = buildahRules(builder);
    for (const command of stages.flatMap(({ commands }) => commands)) {
      const what = readsHeredocs ? undefined : newerPart(command);
      const name = `buildah ${builder.version ?? ''}`.trim();
      if (what !== undefined)
        this.#refuse(0, 'unknown-flag', command.instruction, `${name} does not know ${what}`);
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

/** What versions below 1.33 do not read. */
function newerPart(command: Command): string | undefined {
  if (command.instruction.heredocs.length > 0) return 'heredocs';
  if (!isCopy(command)) return undefined;
  const flag = command.instruction.flags.find(({ name }) => !['from', 'chown', 'chmod'].includes(name));
  return flag && `--${flag.name}`;
}
