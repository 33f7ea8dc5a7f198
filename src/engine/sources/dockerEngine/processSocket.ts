import type { ChildProcessByStdio } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';

export type PipedProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Kept of what a program says on its standard error: enough for its last words. */
const stderrLimit = 8192;

/**
 * A program's standard input and output as one connection, with what node:http asks of a socket besides. The program
 * ends with it.
 */
export class ProcessSocket extends Duplex {
  readonly #child: PipedProcess;
  #stderr = '';
  #idleMs = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param onEnd makes the error of a program that ended; undefined when that was the ordinary end. */
  constructor(
    child: PipedProcess,
    onEnd: (code: number | null, lastLine: string, error?: Error) => Error | undefined,
  ) {
    super();
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrLimit);
    });
    child.stdout.on('data', (bytes: Buffer) => {
      this.#touch();
      if (!this.push(bytes)) child.stdout.pause();
    });
    // A write to a program that has ended fails too; how it ended says more.
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      this.destroy(onEnd(null, '', error));
    });
    child.once('close', (code) => {
      const failure = onEnd(code, lastLineOf(this.#stderr));
      if (failure === undefined) this.push(null);
      else this.destroy(failure);
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#touch();
    this.#child.stdin.write(bytes, () => {
      done();
    });
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#child.kill();
    done(error);
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(idleMs: number, listener?: () => void): this {
    this.#idleMs = idleMs;
    if (listener) this.once('timeout', listener);
    this.#touch();
    return this;
  }

  ref(): this {
    this.#child.ref();
    return this;
  }

  unref(): this {
    this.#child.unref();
    return this;
  }

  #touch(): void {
    clearTimeout(this.#idle);
    if (this.#idleMs === 0) return;
    this.#idle = setTimeout(() => this.emit('timeout'), this.#idleMs);
    this.#idle.unref();
  }
}

function lastLineOf(text: string): string {
  return (
    text
      .trim()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  ).slice(0, 500);
}
