import assert from 'node:assert/strict';
import { EngineError, isEngineError } from '../../../../src/engine/base/errors.ts';
import type { OnProgress } from '../../../../src/engine/base/progress.ts';
import type { DiffId } from '../../../../src/engine/oci/digest.ts';
import { ImageSave } from '../../../../src/engine/sources/dockerEngine/imageSave.ts';

const [one, two] = ['sha256:1', 'sha256:2'] as readonly string[] as readonly [DiffId, DiffId];

/** A stream that does what the test says. */
class Stream {
  signal: AbortSignal | undefined;
  #report: OnProgress = () => undefined;
  #end: (() => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  readonly save: ImageSave;

  constructor() {
    this.save = new ImageSave([one, two], ({ signal, onProgress }) => {
      this.signal = signal;
      this.#report = onProgress;
      return new Promise((resolve, reject) => {
        this.#end = () => {
          resolve({ isLearned: true, bytes: 9 });
        };
        this.#fail = reject;
        signal.addEventListener('abort', () => {
          reject(new EngineError('cancelled', 'x', 'cancelled'));
        });
      });
    });
  }

  brings(name: DiffId): void {
    this.#report({ subject: 'x', done: 1, part: { name, file: `/${name}`, size: 7 } });
  }

  fails(name: DiffId): void {
    this.#report({
      subject: 'x',
      done: 1,
      part: { name, failure: { code: 'digest-mismatch', subject: name, detail: 'no' } },
    });
  }

  moves(done: number): void {
    this.#report({ subject: 'x', done });
  }

  ends(error?: Error): void {
    if (error === undefined) this.#end?.();
    else this.#fail?.(error);
  }
}

describe('ImageSave', () => {
  it('gives each layer when it has come, while the stream goes on', async () => {
    const stream = new Stream();
    const first = stream.save.layer(one);
    const second = stream.save.layer(two);
    stream.brings(one);
    assert.deepEqual(await first, { file: `/${one}`, offset: 0, size: 7 });
    assert.deepEqual(await stream.save.layer(one), { file: `/${one}`, offset: 0, size: 7 });
    stream.fails(two);
    await assert.rejects(second, (error) => isEngineError(error, 'digest-mismatch'));
    assert.equal(stream.signal?.aborted, false);
    stream.ends();
    await stream.save.whole('x');
  });

  it('says that a layer did not come', async () => {
    const stream = new Stream();
    const waiting = stream.save.layer(two);
    stream.ends();
    await assert.rejects(waiting, (error) => isEngineError(error, 'not-found'));
  });

  it('fails all who wait when it breaks, and nobody when nobody waits', async () => {
    const stream = new Stream();
    const both = [stream.save.layer(one), stream.save.layer(two)];
    stream.ends(new EngineError('unreachable', 'engine', 'gone'));
    for (const each of both) await assert.rejects(each, (error) => isEngineError(error, 'unreachable'));
    const alone = new Stream();
    alone.ends(new EngineError('unreachable', 'engine', 'gone'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('is given up when the last who waits cancels', async () => {
    const stream = new Stream();
    const [a, b] = [new AbortController(), new AbortController()];
    const first = stream.save.layer(one, { signal: a.signal });
    const second = stream.save.layer(two, { signal: b.signal });
    a.abort();
    await assert.rejects(first, (error) => isEngineError(error, 'cancelled'));
    assert.equal(stream.save.isAbandoned, false);
    b.abort();
    await assert.rejects(second, (error) => isEngineError(error, 'cancelled'));
    assert.equal(stream.save.isAbandoned, true);
    assert.equal(stream.signal?.aborted, true);
  });

  it('goes on when those who waited have what they wanted', async () => {
    const stream = new Stream();
    const abort = new AbortController();
    const first = stream.save.layer(one, { signal: abort.signal });
    stream.brings(one);
    await first;
    abort.abort();
    assert.equal(stream.save.isAbandoned, false);
  });

  it('tells progress to all who wait, and not of layers', async () => {
    const stream = new Stream();
    const heard: (readonly [string, number])[] = [];
    const listen =
      (name: string): OnProgress =>
      (report) => {
        assert.equal(report.part, undefined);
        heard.push([name, report.done]);
      };
    stream.moves(3);
    const waiting = [
      stream.save.layer(one, { onProgress: listen('a') }),
      stream.save.layer(two, { onProgress: listen('b') }),
    ];
    stream.moves(5);
    stream.brings(one);
    stream.brings(two);
    await Promise.all(waiting);
    stream.moves(8);
    assert.deepEqual(heard, [
      ['a', 3],
      ['b', 3],
      ['a', 5],
      ['b', 5],
    ]);
  });
});
