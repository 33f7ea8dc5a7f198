import type { TextColumns } from './byteTexts.ts';

/**
 * The numbers of distinct byte strings in the order of their bytes, a prefix first.
 *
 * A radix sort four bytes at a time: each pass sorts a group of names that agree so far by their next four bytes, with
 * the number in the lower half of the same 64 bits, natively. Its cost follows the bytes of the names, whatever they are.
 */
export function sortNames(names: TextColumns): Uint32Array {
  const keys = new Keys(names);
  // Groups of names still to be told apart: first row, end row, bytes known to agree; a stack in place of recursion.
  const groups = [0, names.ends.length, 0];
  while (groups.length > 0) {
    const depth = groups.pop() ?? 0;
    const end = groups.pop() ?? 0;
    const start = groups.pop() ?? 0;
    const agreed = depth + keys.commonBytes(start, end, depth);
    keys.sort(start, end, agreed);
    keys.pushEqualRuns(groups, start, end, agreed);
  }
  return keys.order();
}

/** Four bytes of each name above its number. */
class Keys {
  readonly #heap: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #keys: BigUint64Array<ArrayBuffer>;
  /** The same memory: the number at even places, the four bytes at odd ones (little endian). */
  readonly #halves: Uint32Array;

  constructor({ heap, ends }: TextColumns) {
    this.#heap = heap;
    this.#ends = ends;
    this.#keys = new BigUint64Array(ends.length);
    this.#halves = new Uint32Array(this.#keys.buffer);
    for (let id = 0; id < ends.length; id++) this.#halves[id * 2] = id;
  }

  sort(start: number, end: number, depth: number): void {
    for (let row = start; row < end; row++) this.#halves[row * 2 + 1] = this.#bytesAt(this.#id(row), depth);
    this.#keys.subarray(start, end).sort();
  }

  /** How many bytes beyond `depth` all names of a group share; found by comparing each to the first. */
  commonBytes(start: number, end: number, depth: number): number {
    const first = this.#id(start);
    const from = this.#start(first) + depth;
    let common = (this.#ends[first] ?? 0) - from;
    for (let row = start + 1; row < end && common > 0; row++) {
      const id = this.#id(row);
      const other = this.#start(id) + depth;
      common = Math.min(common, (this.#ends[id] ?? 0) - other);
      let same = 0;
      while (same < common && this.#heap[from + same] === this.#heap[other + same]) same++;
      common = same;
    }
    return Math.max(0, common);
  }

  /** Notes the runs that four more bytes did not tell apart. */
  pushEqualRuns(groups: number[], start: number, end: number, depth: number): void {
    for (let row = start, next = row + 1; row < end; row = next++) {
      while (next < end && this.#halves[next * 2 + 1] === this.#halves[row * 2 + 1]) next++;
      if (next - row > 1) this.#pushRun(groups, row, next, depth + 4);
    }
  }

  order(): Uint32Array {
    const order = new Uint32Array(this.#ends.length);
    for (let row = 0; row < order.length; row++) order[row] = this.#id(row);
    return order;
  }

  /** Names that end here come first, the shorter before the longer: they differ by NULs at the end only. */
  #pushRun(groups: number[], start: number, end: number, depth: number): void {
    const over: number[] = [];
    for (let row = start; row < end; row++)
      if (this.#length(this.#id(row)) <= depth) over.push(this.#id(row));
    if (over.length > 0) this.#moveToFront(over, start, end, depth);
    if (end - start - over.length > 1) groups.push(start + over.length, end, depth);
  }

  #moveToFront(over: number[], start: number, end: number, depth: number): void {
    let free = end;
    for (let row = end - 1; row >= start; row--)
      if (this.#length(this.#id(row)) > depth) this.#halves[--free * 2] = this.#id(row);
    over.sort((a, b) => this.#length(a) - this.#length(b));
    over.forEach((id, at) => (this.#halves[(start + at) * 2] = id));
  }

  #bytesAt(id: number, depth: number): number {
    const heap = this.#heap;
    const at = this.#start(id) + depth;
    const left = (this.#ends[id] ?? 0) - at;
    if (left <= 0) return 0;
    const second = left > 1 ? (heap[at + 1] ?? 0) : 0;
    const third = left > 2 ? (heap[at + 2] ?? 0) : 0;
    const fourth = left > 3 ? (heap[at + 3] ?? 0) : 0;
    return (((heap[at] ?? 0) << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
  }

  #id(row: number): number {
    return this.#halves[row * 2] ?? 0;
  }

  #start(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] ?? 0);
  }

  #length(id: number): number {
    return (this.#ends[id] ?? 0) - this.#start(id);
  }
}
