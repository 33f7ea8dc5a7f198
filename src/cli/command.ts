import type { Arguments, OptionSpec } from './arguments.ts';
import type { ExitCode } from './exitCode.ts';
import type { Session } from './session.ts';

/** One command of `lamina`. */
export interface Command {
  readonly name: string;
  /** What follows the name, as help shows it. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More lines for the command's own help. */
  readonly details?: readonly string[];
  readonly options: readonly OptionSpec[];
  /** How many arguments it takes. */
  readonly positionals: { readonly min: number; readonly max: number };
  run(session: Session, args: Arguments): Promise<ExitCode>;
}
