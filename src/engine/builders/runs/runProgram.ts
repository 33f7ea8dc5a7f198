import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { EngineError } from '../../base/errors.ts';
import type { Environment } from './clientEnvironment.ts';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly directory: string;
  /** A line of its standard output or error, without its end. */
  readonly onLine: (line: string, from: 'stdout' | 'stderr') => void;
  /** The program is asked to stop when it fires, and is killed when it does not. */
  readonly signal?: AbortSignal | undefined;
  /** It is killed at once when this one fires. */
  readonly kill?: AbortSignal;
}

/** A program that was asked to stop, and how long it may take for it. */
const graceMs = 5_000;

/**
 * Runs a program to its end and gives its exit code; 130 when a signal ended it.
 *
 * @throws EngineError `unsupported` when it cannot be started.
 */
export function runProgram(run: ProgramRun): Promise<number> {
  const { program, args, env, directory } = run;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: definedOf(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      // A group of its own: clients start plugins, which have to end with them.
      detached: process.platform !== 'win32',
    });
    const stop = stopper(child);
    listen(child.stdout, (line) => {
      run.onLine(line, 'stdout');
    });
    listen(child.stderr, (line) => {
      run.onLine(line, 'stderr');
    });
    const ask = (): void => {
      stop('SIGINT');
    };
    const kill = (): void => {
      stop('SIGKILL');
    };
    run.signal?.addEventListener('abort', ask, { once: true });
    run.kill?.addEventListener('abort', kill, { once: true });
    if (run.signal?.aborted === true) ask();
    const settle = (): void => {
      run.signal?.removeEventListener('abort', ask);
      run.kill?.removeEventListener('abort', kill);
    };
    child.once('error', (cause) => {
      settle();
      reject(new EngineError('unsupported', program, `it cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => {
      settle();
      resolve(code ?? 130);
    });
  });
}

/** Ends the program and what it started. */
function stopper(child: ChildProcess): (signal: 'SIGINT' | 'SIGKILL') => void {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      if (process.platform === 'win32') killTree(child.pid);
      else process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  };
  child.once('exit', () => {
    clearTimeout(timer);
  });
  return (signal) => {
    send(signal);
    timer ??= setTimeout(() => {
      send('SIGKILL');
    }, graceMs);
  };
}

/** Windows knows no groups of processes. */
function killTree(pid: number): void {
  spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).once(
    'error',
    () => undefined,
  );
}

/** No line of a build is longer; the rest of one is a line of its own. */
const longestLine = 2 ** 20;

function listen(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
    if (rest.length < longestLine) return;
    onLine(rest);
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function definedOf(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
