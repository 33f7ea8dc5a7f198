import { growF64, grownLength } from './growColumns.ts';
import { NameTable } from './nameTable.ts';

/** Pairs of user and group numbers, each kept once: an honest layer has few. */
export class Owners {
  readonly #texts = new NameTable();
  #pairs = new Float64Array(16);
  #last = 0;

  constructor() {
    this.intern(0, 0);
  }

  /** The number of the pair; root:root is 0. */
  intern(uid: number, gid: number): number {
    const last = this.#last * 2;
    if (this.#pairs[last] === uid && this.#pairs[last + 1] === gid && this.#texts.texts.count > 0)
      return this.#last;
    const text = `${uid}:${gid}`;
    const id = this.#texts.intern(text, 0, text.length);
    if (id * 2 === this.#pairs.length) this.#pairs = growF64(this.#pairs, grownLength(id * 2));
    this.#pairs[id * 2] = uid;
    this.#pairs[id * 2 + 1] = gid;
    this.#last = id;
    return id;
  }

  /** User and group in turn, by number; a copy. */
  get pairs(): Float64Array<ArrayBuffer> {
    return this.#pairs.slice(0, this.#texts.texts.count * 2);
  }
}
