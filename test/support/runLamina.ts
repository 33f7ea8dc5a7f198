import { spawn } from 'node:child_process';
import path from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/runCli.ts';
import { createEngine } from '../../src/engine/index.ts';
import type { Output } from '../../src/cli/host.ts';

/** What a run of the command line gave. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  /** The same as bytes. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface CliOptions {
  readonly store: string;
  /** Both streams are a terminal. */
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: Date;
  /** Beside what keeps the command line from the engine of the machine. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is piped in. */
  readonly stdin?: Uint8Array | Readable;
}

/** Runs a command line in this process: the same code as the program, without the start of a process. */
export async function runLamina(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const stdout = new CapturedOutput(options.isTerminal ?? false);
  const stderr = new CapturedOutput(options.isTerminal ?? false);
  const env = { ...noEngine, ...options.env };
  const code = await runCli(args, {
    stdout,
    stderr,
    ...(options.stdin && { stdin: () => toReadable(options.stdin) }),
    env,
    platform: process.platform,
    signal: options.signal ?? new AbortController().signal,
    now: () => options.now ?? new Date(),
    version: () => '0.0.0',
    openEngine: (storeDirectory = options.store, log) =>
      createEngine({ storeDirectory, log, isAlone: true, environment: env }),
  });
  return { code, stdout: stdout.bytes.toString(), bytes: stdout.bytes, stderr: stderr.bytes.toString() };
}

function toReadable(input: Uint8Array | Readable | undefined): Readable {
  return input instanceof Readable ? input : Readable.from([input]);
}

/** An engine that nobody has: tests that want one say which. */
const noEngine = { DOCKER_HOST: 'unix:///nonexistent/lamina.sock' };

/** The JSON a command line prints. @throws when it does not end with 0. */
export async function laminaJson<T>(args: readonly string[], options: CliOptions): Promise<T> {
  const { code, stdout, stderr } = await runLamina(args, options);
  if (code !== 0) throw new Error(`lamina ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

export const cliEntry = path.join(import.meta.dirname, '../../src/cli.ts');

/** The program itself as a process of this Node. */
export function spawnLamina(
  args: readonly string[],
  store: string,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ReturnType<typeof spawn> {
  // The flags of this process let an older Node read TypeScript; those of the test runner are not for the program.
  const flags = process.execArgv.filter((flag) => /strip-types|disable-warning/.test(flag));
  return spawn(process.execPath, [...flags, '--no-warnings', cliEntry, ...args], {
    env: { ...process.env, ...noEngine, LAMINA_STORE: store },
    stdio: [stdin, 'pipe', 'pipe'],
  });
}

/** Runs the program to its end. */
export async function runProgram(args: readonly string[], store: string): Promise<CliResult> {
  const child = spawnLamina(args, store);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (piece: Buffer) => stdout.push(piece));
  child.stderr?.on('data', (piece: Buffer) => stderr.push(piece));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const bytes = Buffer.concat(stdout);
  return { code, stdout: bytes.toString(), bytes, stderr: Buffer.concat(stderr).toString() };
}

class CapturedOutput implements Output {
  readonly #pieces: Buffer[] = [];
  readonly isTerminal: boolean;
  readonly columns = 80;

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  write(chunk: string | Uint8Array): Promise<void> {
    this.#pieces.push(Buffer.from(chunk as Uint8Array));
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
