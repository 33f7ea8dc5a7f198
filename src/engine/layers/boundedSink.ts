import type { TarHeader, TarSink } from '../archive/tarSink.ts';
import { EngineError } from '../base/errors.ts';

/** More than any honest layer has; each takes some 100 bytes of memory. */
const maxEntries = 10_000_000;

/** Hands on, and stops a tar with more entries than memory is for. */
export class BoundedSink implements TarSink {
  readonly #sink: TarSink;
  readonly #subject: string;
  #count = 0;

  constructor(sink: TarSink, subject: string) {
    this.#sink = sink;
    this.#subject = subject;
  }

  entry(header: TarHeader): void {
    if (++this.#count > maxEntries)
      throw new EngineError('limit-exceeded', this.#subject, `it has more than ${maxEntries} entries`);
    this.#sink.entry(header);
  }

  contentHash(hash: Uint8Array): void {
    this.#sink.contentHash(hash);
  }

  problem(code: 'tar-damaged' | 'gnu-sparse' | 'unknown-typeflag', subject: string, detail?: string): void {
    this.#sink.problem(code, subject, detail);
  }
}
