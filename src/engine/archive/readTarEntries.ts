import { EngineError } from '../base/errors.ts';
import { storedSize } from './sparseMap.ts';
import { blockSize } from './tarFields.ts';
import { TarScanner } from './tarScanner.ts';
import type { TarHeader, TarSink } from './tarSink.ts';

/** An entry of a tar that is read as it comes. What of its content is not taken before the next one is asked for, is passed over. */
export interface StreamedEntry {
  readonly header: TarHeader;
  /** The stored bytes: of a sparse file those of its map. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The entries of a tar from a stream that cannot be sought, to its very end, so that who writes it is not cut off. The
 * stream is closed when its reading ends early.
 *
 * @param subject what the stream is, for messages.
 * @throws EngineError `invalid-archive` when it does not begin as a tar; `damaged` when it cannot be read on.
 */
export async function* readTarEntries(
  bytes: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<StreamedEntry> {
  const input = new Input(bytes);
  try {
    yield* entriesOf(input, subject);
  } finally {
    await input.close();
  }
}

async function* entriesOf(input: Input, subject: string): AsyncGenerator<StreamedEntry> {
  const found = new Found();
  const scanner = new TarScanner(found);
  let isEmpty = true;
  while (!scanner.hasEnded) {
    const header = found.take();
    if (header !== undefined) {
      isEmpty = false;
      yield { header, content: contentOf(header, scanner, input) };
    }
    // The rest of the content, and what pads it.
    for (let left = scanner.skippable; left > 0; left = scanner.skippable) {
      const piece = await input.next(left);
      if (piece === undefined) break;
      scanner.skip(piece.length);
    }
    const block = await input.next(blockSize - (scanner.position % blockSize));
    if (block === undefined) break;
    scanner.push(block);
  }
  scanner.finish();
  if (found.damage !== undefined)
    throw new EngineError(isEmpty ? 'invalid-archive' : 'damaged', subject, found.damage);
  while ((await input.next(Infinity)) !== undefined);
}

async function* contentOf(header: TarHeader, scanner: TarScanner, input: Input): AsyncGenerator<Uint8Array> {
  let left = header.sparseMap === undefined ? header.size : storedSize(header.sparseMap);
  while (left > 0) {
    const piece = await input.next(left);
    if (piece === undefined) return;
    scanner.skip(piece.length);
    left -= piece.length;
    yield piece;
  }
}

class Found implements TarSink {
  damage: string | undefined;
  #header: TarHeader | undefined;

  take(): TarHeader | undefined {
    const header = this.#header;
    this.#header = undefined;
    return header;
  }

  entry(header: TarHeader): void {
    this.#header = { ...header };
  }

  contentHash(): void {
    // Nothing is hashed.
  }

  problem(code: 'tar-damaged' | 'gnu-sparse' | 'unknown-typeflag', _: string, detail?: string): void {
    if (code === 'tar-damaged') this.damage ??= detail ?? 'it is damaged';
  }
}

/** A stream of pieces of any length, taken in pieces no longer than wanted. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** Undefined at the end. */
  async next(limit: number): Promise<Buffer | undefined> {
    while (this.#held.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return undefined;
      this.#held = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const piece = this.#held.subarray(0, limit);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }
}
