import { createHash } from 'node:crypto';
import { type Compression, requireReadable } from '../../archive/compression.ts';
import { decompress } from '../../archive/decompress.ts';
import type { DiffId } from '../../oci/digest.ts';

/** Hashes what compressed bytes unpack to, beside whatever else is done with them. */
export class UnpackedHash {
  /** @throws EngineError `damaged`, `truncated`, `unsupported`, `limit-exceeded`. */
  readonly result: Promise<DiffId>;
  readonly #pieces = new Handoff();

  constructor(compression: Compression, subject: string) {
    this.result = this.#hash(compression, subject);
    // Who asks hears of it; a blob that is given up has nobody who does.
    this.result.catch(() => undefined);
  }

  /** Waits while more is held than is soon unpacked. */
  write(bytes: Buffer): Promise<void> {
    return this.#pieces.push(bytes);
  }

  end(): void {
    this.#pieces.end();
  }

  async #hash(compression: Compression, subject: string): Promise<DiffId> {
    const hash = createHash('sha256');
    try {
      const readable = requireReadable(compression, subject);
      for await (const bytes of decompress(this.#pieces, readable, { subject })) hash.update(bytes);
      return `sha256:${hash.digest('hex')}` as DiffId;
    } finally {
      this.#pieces.close();
    }
  }
}

const maxHeld = 4 * 2 ** 20;

/** Pieces from one that gives them to one that takes them. */
class Handoff implements AsyncIterable<Buffer> {
  readonly #pieces: Buffer[] = [];
  #held = 0;
  #state: 'open' | 'ended' | 'closed' = 'open';
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  async push(bytes: Buffer): Promise<void> {
    if (this.#state !== 'open') return;
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    this.#wakeReader?.();
    while (this.#isFull()) await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wakeReader?.();
  }

  /** Nothing is taken any more. */
  close(): void {
    this.#state = 'closed';
    this.#pieces.length = 0;
    this.#wakeWriter?.();
    this.#wakeReader?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = this.#pieces.shift();
      if (bytes !== undefined) {
        this.#held -= bytes.length;
        this.#wakeWriter?.();
        yield bytes;
      } else if (this.#state !== 'open') return;
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  #isFull(): boolean {
    return this.#state === 'open' && this.#held > maxHeld;
  }
}
