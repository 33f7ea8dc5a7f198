import type { WriteStream } from 'node:tty';
import { ClosedPipe, type Output } from './host.ts';

/** A process's stream as an {@link Output}: waits for slow readers, and tells a closed pipe from a failure. */
export class StreamOutput implements Output {
  readonly #stream: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;
  #failure: Error | undefined;

  constructor(stream: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === 'EPIPE' || error.code === 'EOF' ? new ClosedPipe() : error;
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    this.#throwIfFailed();
    if (!this.#stream.write(chunk)) await this.#drained();
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.#stream.removeListener(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) this.#stream.on(event, done);
    });
  }
}
