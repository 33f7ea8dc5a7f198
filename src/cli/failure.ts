import { escapeForDisplay, isEngineError } from '../engine/index.ts';
import { type ExitCode, exitCodeOf } from './exitCode.ts';
import type { Output } from './host.ts';
import { UsageError } from './usageError.ts';

/** Says what failed in one line, `lamina: WHAT: WHY`; with `--verbose` also what caused it. Returns the exit code. */
export async function printFailure(stderr: Output, error: unknown, isVerbose: boolean): Promise<ExitCode> {
  const lines = [`lamina: ${failureText(error)}`, ...(isVerbose ? causesOf(error) : [])];
  await stderr.write(`${lines.join('\n')}\n`);
  return exitCodeOf(error);
}

function failureText(error: unknown): string {
  if (isEngineError(error)) return `${escapeForDisplay(error.subject)}: ${escapeForDisplay(error.detail)}`;
  if (error instanceof UsageError)
    return `${escapeForDisplay(error.subject)}: ${escapeForDisplay(error.message)}`;
  return escapeForDisplay(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function causesOf(error: unknown): readonly string[] {
  const lines: string[] = [];
  for (let cause = causeOf(error); cause !== undefined && lines.length < 10; cause = causeOf(cause))
    lines.push(`  because ${failureText(cause)}`);
  return lines;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
