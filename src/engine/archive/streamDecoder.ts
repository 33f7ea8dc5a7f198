import type { Transform } from 'node:stream';

/**
 * Drives one of Node's documented decompression streams: what a piece of input unpacks to is yielded before the next is
 * taken, nothing is read ahead, and everything unpacked before a failure is yielded before the failure is thrown.
 */
export class StreamDecoder {
  readonly #stream: Transform;
  readonly #ready: Buffer[] = [];
  #hasEnded = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Transform) {
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => {
      this.#ready.push(bytes);
      // One piece at a time: a bomb must not pile up.
      stream.pause();
      this.#wake?.();
    });
    stream.on('end', () => {
      this.#hasEnded = true;
      this.#wake?.();
    });
    stream.on('error', (error: Error) => {
      this.#failure = error;
      this.#wake?.();
    });
  }

  /** Whether the stream has met the end of its data; what was written beyond it is not read. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What `bytes` unpack to. */
  async *write(bytes: Buffer): AsyncGenerator<Buffer> {
    let isTaken = false;
    this.#stream.write(bytes, () => {
      isTaken = true;
      this.#wake?.();
    });
    yield* this.#until(() => isTaken || this.#hasEnded);
  }

  /** What was still held back, up to the end. */
  async *end(): AsyncGenerator<Buffer> {
    if (!this.#hasEnded) this.#stream.end();
    yield* this.#until(() => this.#hasEnded);
  }

  close(): void {
    this.#stream.destroy();
  }

  async *#until(isDone: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = this.#ready.shift();
      if (bytes !== undefined) {
        yield bytes;
        this.#stream.resume();
      } else if (this.#failure !== undefined) throw this.#failure;
      else if (isDone()) return;
      else await this.#event();
    }
  }

  async #event(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}
