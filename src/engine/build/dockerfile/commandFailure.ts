import type { TextRange } from './ast.ts';
import type { Command } from './commands.ts';
import type { DockerfileProblemCode } from './dockerfileProblem.ts';

/** Why BuildKit refuses an instruction whose grammar is sound. */
export interface CommandFailure {
  readonly code: DockerfileProblemCode;
  readonly message: string;
  readonly range: TextRange;
}

export type CommandOrFailure = { readonly command: Command } | { readonly failure: CommandFailure };
