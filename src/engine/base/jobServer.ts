import { parentPort } from 'node:worker_threads';
import { EngineError } from './errors.ts';
import { chunksAhead, type FromWorker, type JobTable, type ToWorker, toFailure } from './jobProtocol.ts';
import type { OnProgress } from './progress.ts';

export interface JobContext {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** How each job is done: by a promise, or by a stream of bytes. */
export type JobHandlers<Jobs extends JobTable<Jobs>> = {
  readonly [Name in keyof Jobs]: (
    request: Jobs[Name]['request'],
    context: JobContext,
  ) => Jobs[Name]['result'] extends AsyncIterable<Uint8Array>
    ? AsyncIterable<Uint8Array>
    : Promise<Jobs[Name]['result']>;
};

/** A handler as it is called by name: that the request fits was checked where it was sent. */
type AnyHandler = (request: unknown, context: JobContext) => AsyncIterable<Uint8Array> | Promise<unknown>;

/** Does jobs for whoever started this process or thread, until that one is gone. */
export function serveJobs<Jobs extends JobTable<Jobs>>(handlers: JobHandlers<Jobs>): void {
  const port = parentPort;
  if (port !== null) {
    const server = new JobServer(handlers, (message) => {
      port.postMessage(message, 'bytes' in message ? [message.bytes.buffer as ArrayBuffer] : []);
    });
    port.on('message', (message: ToWorker) => {
      server.take(message);
    });
  } else serveParentProcess(handlers);
}

function serveParentProcess(handlers: object): void {
  // A parent that has just gone needs no answer.
  const server = new JobServer(handlers, (message) =>
    process.send?.(message, undefined, undefined, () => undefined),
  );
  process.on('message', (message) => {
    server.take(message as ToWorker);
  });
  // eslint-disable-next-line no-restricted-properties -- nobody is left to read what would be flushed.
  process.on('disconnect', () => process.exit(0));
}

class JobServer {
  readonly #handlers: ReadonlyMap<string, AnyHandler>;
  readonly #send: (message: FromWorker) => void;
  readonly #running = new Map<number, { readonly abort: AbortController; onTaken?: () => void }>();

  constructor(handlers: object, send: (message: FromWorker) => void) {
    this.#handlers = new Map(Object.entries(handlers as Readonly<Record<string, AnyHandler>>));
    this.#send = send;
    send({ kind: 'ready' });
  }

  take(message: ToWorker): void {
    if (message.kind === 'run') void this.#run(message.id, message.job, message.request);
    else if (message.kind === 'cancel') this.#running.get(message.id)?.abort.abort();
    else this.#running.get(message.id)?.onTaken?.();
  }

  async #run(id: number, job: string, request: unknown): Promise<void> {
    const abort = new AbortController();
    this.#running.set(id, { abort });
    const onProgress: OnProgress = (report) => {
      this.#send({ kind: 'progress', id, report });
    };
    try {
      const handler = this.#handlers.get(job);
      if (handler === undefined) throw new EngineError('internal', job, 'this worker does not offer the job');
      const answer = handler(request, { signal: abort.signal, onProgress });
      if (Symbol.asyncIterator in answer) {
        await this.#stream(id, answer, abort.signal);
        this.#send({ kind: 'done', id, result: undefined });
      } else this.#send({ kind: 'done', id, result: await answer });
    } catch (error) {
      this.#send({ kind: 'failed', id, failure: toFailure(error, job) });
    } finally {
      this.#running.delete(id);
    }
  }

  /** Sends chunks as fast as they are taken. */
  async #stream(id: number, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const running = this.#running.get(id);
    let ahead = 0;
    let wake: (() => void) | undefined;
    if (running !== undefined)
      running.onTaken = () => {
        ahead--;
        wake?.();
      };
    signal.addEventListener('abort', () => {
      wake?.();
    });
    for await (const bytes of chunks) {
      // Its own buffer, so that it can be handed over instead of copied, and nothing beside it is.
      this.#send({ kind: 'chunk', id, bytes: new Uint8Array(bytes) });
      ahead++;
      while (ahead >= chunksAhead && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (signal.aborted) throw new EngineError('cancelled', 'read', 'cancelled');
    }
  }
}
