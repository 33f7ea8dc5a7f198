import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './jobProtocol.ts';

/** One worker, whatever it is made of. */
export interface JobChannel {
  send(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Told once, when the worker is gone, with what is known of the reason. */
  onExit(listener: (reason: string) => void): void;
  /** Whether the worker keeps this process alive. */
  setBusy(isBusy: boolean): void;
  /** Ends the worker at once. */
  kill(): void;
}

/**
 * Starts a child process that runs a JavaScript file, also from within Electron. It ends with this process: a child
 * whose parent is gone exits.
 *
 * @param args for the entry, in its `process.argv`.
 */
export function forkChannel(entry: string, args: readonly string[] = []): JobChannel {
  const child = fork(entry, args, {
    execArgv: [],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  });
  let lastWords = '';
  child.stderr?.on('data', (bytes: Buffer) => (lastWords = (lastWords + bytes.toString()).slice(-2000)));
  return {
    // A child that has just gone answers by its exit.
    send: (message) => void child.send(message, () => undefined),
    onMessage: (listener) =>
      void child.on('message', (message) => {
        listener(message as FromWorker);
      }),
    onExit: (listener) => {
      onceOf(listener, (exit) => {
        child.on('error', (error) => {
          exit(error.message);
        });
        child.on('exit', (code, signal) => {
          exit(`it ended with ${signal ?? `code ${code ?? 'unknown'}`} ${firstLine(lastWords)}`.trim());
        });
      });
    },
    setBusy: (isBusy) => {
      const change = isBusy ? 'ref' : 'unref';
      child[change]();
      child.channel?.[change]();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Starts a worker thread that runs a JavaScript file. */
export function threadChannel(entry: string, workerData?: unknown): JobChannel {
  const worker = new Worker(entry, {
    workerData,
    execArgv: [],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  return {
    send: (message) => {
      worker.postMessage(message);
    },
    onMessage: (listener) =>
      void worker.on('message', (message: FromWorker) => {
        listener(message);
      }),
    onExit: (listener) => {
      onceOf(listener, (exit) => {
        worker.on('error', (error) => {
          exit(error instanceof Error ? error.message : String(error));
        });
        worker.on('exit', (code) => {
          exit(`it ended with code ${code}`);
        });
      });
    },
    setBusy: (isBusy) => {
      if (isBusy) worker.ref();
      else worker.unref();
    },
    kill: () => void worker.terminate(),
  };
}

function onceOf(
  listener: (reason: string) => void,
  subscribe: (exit: (reason: string) => void) => void,
): void {
  let isTold = false;
  subscribe((reason) => {
    if (!isTold) listener(reason);
    isTold = true;
  });
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
