import type { Readable } from 'node:stream';
import { EngineError } from '../base/errors.ts';
import { type LayerPath, toText } from '../base/layerPath.ts';

/** Bytes up to a limit; tells of each piece. */
export class CountedBytes implements AsyncIterable<Uint8Array> {
  /** Whether it ended at the limit. */
  isCut = false;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #limit: number;
  readonly #onBytes: (done: number) => void;

  constructor(bytes: AsyncIterable<Uint8Array>, limit: number, onBytes: (done: number) => void) {
    this.#bytes = bytes;
    this.#limit = limit;
    this.#onBytes = onBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const bytes of this.#bytes) {
      yield bytes;
      this.#onBytes((done += bytes.length));
      if (done < this.#limit) continue;
      this.isCut = true;
      return;
    }
  }
}

/** The part of some bytes between two offsets. @throws EngineError `truncated` when they end before. */
export async function* between(
  bytes: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
  path: LayerPath,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  if (start === end) return;
  for await (const piece of bytes) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (part.length > 0) yield part;
    if (at >= end) return;
  }
  throw new EngineError('truncated', toText(path), 'the engine sent less of it than it has');
}

/** Closes the stream when the work is done: Docker keeps the container locked until then. */
export async function closing<T>(body: Readable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    body.destroy();
  }
}
