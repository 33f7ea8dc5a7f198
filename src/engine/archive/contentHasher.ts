import { createXXHash128 } from 'hash-wasm';

/** A hash that is used again and again: `init`, any number of `update`, `digest`. */
export interface ContentHasher {
  init(): unknown;
  update(bytes: Uint8Array): unknown;
  digest(outputType: 'binary'): Uint8Array;
}

/** XXH128: tells contents apart at memory speed. It is no defence against someone who makes collisions. */
export async function createContentHasher(): Promise<ContentHasher> {
  return createXXHash128();
}

/** Feeds a sparse file's stored pieces to a hasher with the holes between them as zeros. */
export class SparseHashing {
  readonly #hasher: ContentHasher;
  readonly #pieces: Iterator<readonly [offset: number, length: number], undefined>;
  readonly #size: number;
  #position = 0;
  #left = 0;

  constructor(hasher: ContentHasher, map: Iterable<readonly [number, number]>, size: number) {
    this.#hasher = hasher;
    this.#pieces = map[Symbol.iterator]() as Iterator<readonly [number, number], undefined>;
    this.#size = size;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0 && !this.#nextPiece()) return;
      const count = Math.min(this.#left, bytes.length - at);
      this.#hasher.update(bytes.subarray(at, at + count));
      at += count;
      this.#left -= count;
      this.#position += count;
    }
  }

  /** Hashes what follows the last piece. */
  finish(): void {
    this.#hashZerosTo(this.#size);
  }

  #nextPiece(): boolean {
    const next = this.#pieces.next();
    if (next.done === true) return false;
    this.#hashZerosTo(next.value[0]);
    this.#left = next.value[1];
    return true;
  }

  #hashZerosTo(end: number): void {
    for (; this.#position < end; this.#position += Math.min(zeros.length, end - this.#position))
      this.#hasher.update(zeros.subarray(0, Math.min(zeros.length, end - this.#position)));
  }
}

const zeros = new Uint8Array(65536);
