import type { Inode, InodeId } from './inode.ts';

interface Counted {
  readonly inode: Inode;
  /** Names that lead to it. */
  readonly links: number;
}

/** Inodes by number. A copy shares with what it was copied from until one of them changes. */
export class InodeTable {
  /** Some inodes that follow one another, by the number of the first of them. */
  readonly #blocks: Map<number, ReadonlyMap<InodeId, Counted>>;
  /** The blocks that only this table has. */
  readonly #own = new Map<number, Map<InodeId, Counted>>();

  constructor(from?: InodeTable) {
    this.#blocks = new Map(from === undefined ? [] : from.#blocks);
    if (from !== undefined) from.#own.clear();
  }

  get(id: InodeId): Counted | undefined {
    return this.#blocks.get(id >> blockBits)?.get(id);
  }

  set(id: InodeId, counted: Counted): void {
    this.#ownBlock(id).set(id, counted);
  }

  delete(id: InodeId): void {
    this.#ownBlock(id).delete(id);
  }

  *entries(): Iterable<readonly [InodeId, Inode]> {
    for (const block of this.#blocks.values()) for (const [id, { inode }] of block) yield [id, inode];
  }

  #ownBlock(id: InodeId): Map<InodeId, Counted> {
    const number = id >> blockBits;
    const own = this.#own.get(number) ?? new Map(this.#blocks.get(number));
    this.#own.set(number, own);
    this.#blocks.set(number, own);
    return own;
  }
}

const blockBits = 8;
