import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ChildTask } from './storeChild.ts';

/** A process at work on a store. */
export interface StoreChild {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Fulfilled when the store is open. */
  readonly ready: Promise<void>;
  /** What it wrote, and how it ended, once it has. */
  readonly ended: Promise<{ readonly lines: readonly string[]; readonly failure: string | undefined }>;
}

/** Starts a process that does the task (see `storeChild.ts`). */
export function startStoreChild(task: ChildTask): StoreChild {
  const script = fileURLToPath(new URL('storeChild.ts', import.meta.url));
  const flags = ['--experimental-strip-types', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  const child = spawn(process.execPath, [...flags, script, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      if (output.startsWith('ready\n')) resolve();
    });
    child.on('close', () => {
      resolve();
    });
  });
  const ended = new Promise<Awaited<StoreChild['ended']>>((resolve) => {
    child.on('close', (code, signal) => {
      const failure = code === 0 || signal === 'SIGKILL' ? undefined : errors || `exit code ${code ?? ''}`;
      resolve({ lines: output.split('\n').slice(0, -1), failure });
    });
  });
  return { process: child, ready, ended };
}
