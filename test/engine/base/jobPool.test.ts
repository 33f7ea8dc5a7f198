import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type JobChannel, forkChannel, threadChannel } from '../../../src/engine/base/jobChannel.ts';
import { JobPool, type JobPoolOptions } from '../../../src/engine/base/jobPool.ts';
import type { ProgressReport } from '../../../src/engine/base/progress.ts';
import type { TestJobs } from '../../support/workers/testWorker.ts';

const entry = fileURLToPath(new URL('../../support/workers/testWorker.ts', import.meta.url));
const starts: readonly (readonly [name: string, start: () => JobChannel])[] = [
  ['child processes', () => forkChannel(entry)],
  ['worker threads', () => threadChannel(entry)],
];

for (const [name, start] of starts)
  describe(`a job pool of ${name}`, function () {
    this.timeout(20_000);
    const poolWith = (options: Partial<JobPoolOptions> = {}): JobPool<TestJobs> =>
      new JobPool<TestJobs>({ start, size: 1, ...options });

    it('gives results, failures with their code, and progress', async () => {
      await using pool = poolWith();
      assert.equal(await pool.run('double', 21), 42);
      const reports: ProgressReport[] = [];
      await pool.run('wait', 1, { onProgress: (report) => reports.push(report) });
      assert.deepEqual(reports, [{ subject: 'wait', done: 0, total: 1 }]);
      await assert.rejects(pool.run('fail', 'the layer'), {
        name: 'EngineError',
        code: 'damaged',
        subject: 'the layer',
        detail: 'as asked',
      });
      await assert.rejects(pool.run('defect', 'oops'), (error) => isEngineError(error, 'internal'));
    });

    it('answers a cancel at once, and the worker goes on with the next job', async () => {
      await using pool = poolWith();
      const abort = new AbortController();
      const running = pool.run('wait', 60_000, { signal: abort.signal });
      const queued = pool.run('wait', 60_000, { signal: abort.signal });
      const next = pool.run('double', 4);
      void setTimeout(300).then(() => {
        abort.abort();
      });
      await assert.rejects(running, isCancelled);
      await assert.rejects(queued, isCancelled);
      assert.equal(await next, 8);
      await assert.rejects(pool.run('double', 1, { signal: abort.signal }), isCancelled);
    });

    it('ends a worker whose job does not stop', async () => {
      await using pool = poolWith({ stubbornMs: 100 });
      const abort = new AbortController();
      const hanging = pool.run('hang', null, { signal: abort.signal });
      const next = pool.run('double', 4);
      void setTimeout(300).then(() => {
        abort.abort();
      });
      await assert.rejects(hanging, isCancelled);
      assert.equal(await next, 8);
    });

    it('does what is seen before what is not', async () => {
      await using pool = poolWith();
      const order: string[] = [];
      const note = (what: string) => (): void => void order.push(what);
      await Promise.all([
        pool.run('wait', 50).then(note('first')),
        pool.run('double', 1, { priority: 'background' }).then(note('background')),
        pool.run('double', 1).then(note('seen')),
      ]);
      assert.deepEqual(order, ['first', 'seen', 'background']);
    });

    it('does the largest first of what waits alike', async () => {
      await using pool = poolWith();
      const order: number[] = [];
      const run = async (weight: number): Promise<void> => {
        await pool.run('double', weight, { weight });
        order.push(weight);
      };
      await Promise.all([2, 1, 3, 2].map(run));
      assert.deepEqual(order, [3, 2, 2, 1]);
    });

    it('starts one worker at a time, since a start holds the thread', async () => {
      let startsOfTurn = 0;
      let most = 0;
      const startCounted = (): JobChannel => {
        most = Math.max(most, ++startsOfTurn);
        setImmediate(() => startsOfTurn--);
        return start();
      };
      await using pool = poolWith({ start: startCounted, size: 2 });
      await Promise.all([1, 2, 3].map((number) => pool.run('double', number)));
      assert.equal(most, 1);
    });

    it('streams without running ahead, and stops when the receiver does', async () => {
      await using pool = poolWith({ jobsPerWorker: 2 });
      const received: number[] = [];
      for await (const bytes of pool.stream('count', 1000))
        received.push((bytes[0] ?? 0) + 256 * (bytes[1] ?? 0));
      assert.deepEqual(
        received,
        Array.from({ length: 1000 }, (_, at) => at),
      );
      for await (const bytes of pool.stream('count', 1000)) {
        if (bytes[0] === 3) break;
      }
      assert.ok((await pool.run('sent', null)) < 20);
    });

    it('ends an idle worker and starts another', async () => {
      let started = 0;
      await using pool = poolWith({
        idleMs: 50,
        start: () => {
          started++;
          return start();
        },
      });
      await pool.run('double', 1);
      await setTimeout(400);
      assert.equal(await pool.run('double', 2), 4);
      assert.equal(started, 2);
    });

    it('runs as many jobs at once as it has workers', async () => {
      await using pool = poolWith({ size: 2 });
      await Promise.all([pool.run('double', 1), pool.run('double', 1)]);
      const startedMs = performance.now();
      await Promise.all([1, 2].map(() => pool.run('wait', 500)));
      assert.ok(performance.now() - startedMs < 950);
    });
  });

describe('a job pool whose workers die', function () {
  this.timeout(20_000);

  it('fails the job of a child process that crashed, and only that', async () => {
    await using pool = new JobPool<TestJobs>({ start: () => forkChannel(entry), size: 2 });
    const crashing = pool.run('crash', null);
    const other = pool.run('wait', 700);
    const waiting = pool.run('double', 5);
    await assert.rejects(
      crashing,
      (error) => isEngineError(error, 'internal') && error.detail.includes('SIGABRT'),
    );
    assert.equal(typeof (await other), 'number');
    assert.equal(await waiting, 10);
  });

  it('starts more carefully after a crash at the start, and gives up in the end', async () => {
    const seen: number[] = [];
    await using careful = new JobPool<TestJobs>({
      size: 1,
      start: (crashes) => {
        seen.push(crashes);
        return forkChannel(entry, crashes === 0 ? ['--crash-at-start'] : []);
      },
    });
    assert.equal(await careful.run('double', 3), 6);
    assert.deepEqual(seen, [0, 1]);
    await using hopeless = new JobPool<TestJobs>({
      size: 1,
      start: () => forkChannel(entry, ['--crash-at-start']),
    });
    await assert.rejects(
      hopeless.run('double', 3),
      (error) => isEngineError(error, 'internal') && error.detail.includes('SIGABRT'),
    );
    await using missing = new JobPool<TestJobs>({ size: 1, start: () => threadChannel(`${entry}.none`) });
    await assert.rejects(missing.run('double', 3), (error) => isEngineError(error, 'internal'));
  });
});

function isCancelled(error: unknown): boolean {
  return isEngineError(error, 'cancelled');
}
