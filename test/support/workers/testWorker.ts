import { setTimeout } from 'node:timers/promises';
import { EngineError } from '../../../src/engine/base/errors.ts';
import { serveJobs } from '../../../src/engine/base/jobServer.ts';

/** Jobs that do what workers do in life: answer, fail, stream, take long, and die. */
export interface TestJobs {
  readonly double: { readonly request: number; readonly result: number };
  readonly fail: { readonly request: string; readonly result: undefined };
  readonly defect: { readonly request: string; readonly result: undefined };
  readonly wait: { readonly request: number; readonly result: number };
  readonly hang: { readonly request: null; readonly result: undefined };
  readonly crash: { readonly request: null; readonly result: undefined };
  readonly sent: { readonly request: null; readonly result: number };
  readonly count: { readonly request: number; readonly result: AsyncIterable<Uint8Array> };
}

if (process.argv.includes('--crash-at-start')) process.abort();

let sent = 0;

serveJobs<TestJobs>({
  double: (value) => Promise.resolve(value * 2),
  fail: (subject) => Promise.reject(new EngineError('damaged', subject, 'as asked')),
  defect: (subject) => Promise.reject(new TypeError(subject)),
  wait: async (ms, { signal, onProgress }) => {
    onProgress({ subject: 'wait', done: 0, total: ms });
    await setTimeout(ms, undefined, { signal });
    return process.pid;
  },
  hang: () => {
    for (;;);
  },
  crash: () => process.abort(),
  count: async function* (upTo) {
    await Promise.resolve();
    for (sent = 0; sent < upTo; sent++) yield Uint8Array.of(sent & 0xff, sent >> 8);
  },
  sent: () => Promise.resolve(sent),
});
