import type { Command } from '../dockerfile/commands.ts';
import type { CommandFailure } from '../dockerfile/commandFailure.ts';
import { parseDockerfile } from '../dockerfile/parseDockerfile.ts';
import { toCommand } from '../dockerfile/toCommand.ts';

/** The instructions that a base image left for whoever builds on it, and why some are refused. */
export function triggersOf(expressions: readonly string[]): {
  readonly commands: readonly Command[];
  readonly failures: readonly Pick<CommandFailure, 'code' | 'message'>[];
} {
  const commands: Command[] = [];
  const failures: Pick<CommandFailure, 'code' | 'message'>[] = [];
  for (const expression of expressions) {
    const { instructions, problems } = parseDockerfile(expression);
    const [instruction, ...more] = instructions;
    const damage = problems.find(({ severity }) => severity === 'error');
    if (damage !== undefined) failures.push(damage);
    else if (instruction === undefined || more.length > 0) failures.push(notSingle);
    else {
      const read = toCommand(instruction);
      if ('failure' in read) failures.push(read.failure);
      else commands.push(read.command);
    }
  }
  return { commands, failures };
}

const notSingle = {
  code: 'argument-invalid',
  message: 'onbuild trigger should be a single expression',
} as const;
