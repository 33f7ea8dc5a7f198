import { growF64, growU32, grownLength } from './growColumns.ts';

/** The maps of sparse files one after another: of each its data pieces, offset and length in turn. */
export class SparsePieces {
  #pieces = new Float64Array(64);
  #ends = new Uint32Array(16);
  #count = 0;

  /** The number of the map, from 0. */
  add(map: readonly (readonly [offset: number, length: number])[]): number {
    let at = this.#count === 0 ? 0 : (this.#ends[this.#count - 1] ?? 0);
    const end = at + map.length;
    if (end * 2 > this.#pieces.length)
      this.#pieces = growF64(this.#pieces, grownLength(this.#pieces.length, end * 2));
    if (this.#count === this.#ends.length) this.#ends = growU32(this.#ends, grownLength(this.#count));
    for (const [offset, length] of map) {
      this.#pieces[at * 2] = offset;
      this.#pieces[at++ * 2 + 1] = length;
    }
    this.#ends[this.#count] = end;
    return this.#count++;
  }

  /** Copies: all pieces, and by map how many there are up to its end. */
  get columns(): { readonly pieces: Float64Array<ArrayBuffer>; readonly ends: Uint32Array<ArrayBuffer> } {
    const ends = this.#ends.slice(0, this.#count);
    return { pieces: this.#pieces.slice(0, (ends.at(-1) ?? 0) * 2), ends };
  }
}
