import { atOnce, type Pieces } from '../../base/pieces.ts';
import type { Dockerfile, Instruction } from './ast.ts';
import type { CommandFailure } from './commandFailure.ts';
import type { ArgCommand, Command, FromCommand } from './commands.ts';
import type { DockerfileProblem } from './dockerfileProblem.ts';
import { toCommand } from './toCommand.ts';

/** One FROM and what follows it. */
export interface Stage {
  /** From 0, as `COPY --from=0` counts. */
  readonly index: number;
  readonly from: FromCommand;
  /** In their order; what BuildKit refuses is left out. */
  readonly commands: readonly Command[];
}

/** What a Dockerfile builds. */
export interface Stages {
  /** Of before the first FROM. */
  readonly globalArgs: readonly ArgCommand[];
  readonly stages: readonly Stage[];
  /** Of the parser too, in the order of the text. */
  readonly problems: readonly DockerfileProblem[];
}

/** Puts the instructions of a Dockerfile into stages (BuildKit, `instructions.Parse`), and finds what each of them says. */
export function readStages(dockerfile: Dockerfile): Stages {
  return atOnce(stagesOf(dockerfile));
}

/** The same, instruction by instruction. */
export function* stagesOf(dockerfile: Dockerfile): Pieces<Stages> {
  const reader = new StageReader(dockerfile.problems);
  for (const instruction of dockerfile.instructions) {
    reader.add(instruction);
    yield;
  }
  return reader.finish(dockerfile);
}

class StageReader {
  readonly #globalArgs: ArgCommand[] = [];
  readonly #stages: { readonly index: number; readonly from: FromCommand; readonly commands: Command[] }[] =
    [];
  readonly #problems: DockerfileProblem[];

  constructor(problems: readonly DockerfileProblem[]) {
    this.#problems = [...problems];
  }

  add(instruction: Instruction): void {
    const read = toCommand(instruction);
    // What is wrong with its grammar was said by the parser.
    if ('failure' in read && !instruction.isDamaged) this.#report(read.failure);
    const command = 'command' in read && !instruction.isDamaged ? read.command : undefined;
    if (instruction.name === 'FROM')
      this.#open(command?.kind === 'from' ? command : damagedFrom(instruction));
    else if (command !== undefined) this.#place(command);
  }

  finish({ instructions, text }: Dockerfile): Stages {
    if (this.#stages.length === 0 && instructions.length > 0) {
      const range = { start: 0, end: text.length };
      this.#report({ code: 'no-stage', message: 'dockerfile contains no stages to build', range });
    }
    return {
      globalArgs: this.#globalArgs,
      stages: this.#stages,
      problems: this.#problems.sort((a, b) => a.range.start - b.range.start),
    };
  }

  #open(from: FromCommand): void {
    this.#stages.push({ index: this.#stages.length, from, commands: [] });
  }

  #place(command: Command): void {
    const stage = this.#stages.at(-1);
    if (stage !== undefined) stage.commands.push(command);
    else if (command.kind === 'arg') this.#globalArgs.push(command);
    else {
      const { range } = command.instruction.keyword;
      this.#report({ code: 'no-stage', message: 'no build stage in current context', range });
    }
  }

  #report(failure: CommandFailure): void {
    this.#problems.push({ ...failure, severity: 'error' });
  }
}

/** A stage begins all the same, so that what follows has its place. */
function damagedFrom(instruction: Instruction): FromCommand {
  const { start } = instruction.keyword.range;
  const image = instruction.args[0] ?? { text: '', range: { start, end: start } };
  return { kind: 'from', instruction, image };
}
