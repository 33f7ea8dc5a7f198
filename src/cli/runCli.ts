import { isEngineError } from '../engine/index.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commonOptions } from './commonOptions.ts';
import { type ExitCode, exitCode } from './exitCode.ts';
import { printFailure } from './failure.ts';
import { commandHelpText, helpText } from './help.ts';
import { ClosedPipe, type Host } from './host.ts';
import { Session } from './session.ts';
import { UsageError } from './usageError.ts';

/** Runs one command line. Never throws: what fails is said on stderr and becomes the exit code. */
export async function runCli(args: readonly string[], host: Host): Promise<ExitCode> {
  try {
    return await dispatch(args, host);
  } catch (error) {
    return await report(error, host, args.includes('--verbose'));
  }
}

async function dispatch(args: readonly string[], host: Host): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined) {
    await host.stderr.write(`${helpText()}\n`);
    return exitCode.wrongUse;
  }
  if (name === '--version' || name === 'version') return print(host, host.version());
  if (name === '--help' || name === '-h') return print(host, helpText());
  if (name === 'help')
    return print(host, rest[0] === undefined ? helpText() : commandHelpText(commandNamed(rest[0])));
  return runCommand(commandNamed(name), rest, host);
}

async function runCommand(command: Command, rest: readonly string[], host: Host): Promise<ExitCode> {
  const args = parseArguments(rest, [...command.options, ...commonOptions]);
  if (args.isOn('help')) return print(host, commandHelpText(command));
  checkPositionals(command, args);
  const session = new Session(host, args);
  try {
    return await command.run(session, args);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

function checkPositionals({ name, usage, positionals }: Command, args: Arguments): void {
  const count = args.positionals.length;
  if (count >= positionals.min && count <= positionals.max) return;
  const extra =
    count > positionals.max
      ? `${String(args.positionals[positionals.max])} is too much`
      : 'something is missing';
  throw new UsageError(name, `${extra}; usage: ${`lamina ${name} ${usage}`.trimEnd()}`);
}

function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new UsageError(name, 'there is no such command; `lamina help` lists them');
  return command;
}

async function print(host: Host, text: string): Promise<ExitCode> {
  await host.stdout.write(`${text}\n`);
  return exitCode.done;
}

/** A pipe that nobody reads any more ends the command quietly, and Ctrl-C needs no explanation. */
async function report(error: unknown, host: Host, isVerbose: boolean): Promise<ExitCode> {
  if (error instanceof ClosedPipe) return exitCode.done;
  if (host.signal.aborted || isEngineError(error, 'cancelled')) return exitCode.interrupted;
  return printFailure(host.stderr, error, isVerbose).catch(() => exitCode.failed);
}
