import { EngineError } from '../base/errors.ts';
import type { ByteName } from '../base/layerPath.ts';
import { growBytes, growU32, grownLength } from './growColumns.ts';

/** Byte strings one after another in one heap, found by number from 0; only added to. */
export class ByteTexts {
  #heap = new Uint8Array(4096);
  #ends = new Uint32Array(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of all texts. */
  get byteLength(): number {
    return this.start(this.#count);
  }

  /** Where text `id` begins; for {@link count} the end of all. */
  start(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] ?? 0);
  }

  end(id: number): number {
    return this.#ends[id] ?? 0;
  }

  /** Adds `text[start, end)`. @throws EngineError `limit-exceeded` beyond 4 GiB. */
  add(text: string, start = 0, end: number = text.length): number {
    let at = this.byteLength;
    this.#reserve(at + end - start);
    const heap = this.#heap;
    for (let index = start; index < end; index++) heap[at++] = text.charCodeAt(index);
    this.#ends[this.#count] = at;
    return this.#count++;
  }

  text(id: number): ByteName {
    return latin1(this.#heap, this.start(id), this.end(id));
  }

  equals(id: number, text: string, start: number, end: number): boolean {
    const from = this.start(id);
    if (this.end(id) - from !== end - start) return false;
    for (let index = start; index < end; index++)
      if (this.#heap[from + index - start] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** The bytes of all texts and where each ends; views, valid until the next {@link add}. */
  get columns(): TextColumns {
    return {
      heap: this.#heap.subarray(0, this.byteLength),
      ends: this.#ends.subarray(0, this.#count),
    };
  }

  #reserve(length: number): void {
    if (length > maxHeap) throw new EngineError('limit-exceeded', 'layer', 'its names are longer than 4 GiB');
    if (length > this.#heap.length)
      this.#heap = growBytes(this.#heap, Math.min(maxHeap, grownLength(this.#heap.length, length)));
    if (this.#count === this.#ends.length) this.#ends = growU32(this.#ends, grownLength(this.#count));
  }
}

export interface TextColumns {
  readonly heap: Uint8Array;
  readonly ends: Uint32Array;
}

const maxHeap = 2 ** 32 - 1;

/** Bytes as a byte string. */
export function latin1(bytes: Uint8Array, start: number, end: number): ByteName {
  return asBuffer(bytes).latin1Slice(start, end) as ByteName;
}

declare global {
  interface Buffer {
    /** What `toString('latin1', …)` calls once it has judged its arguments; half the time of short names goes there. */
    latin1Slice(start: number, end: number): string;
  }
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
