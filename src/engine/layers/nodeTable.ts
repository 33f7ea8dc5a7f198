import { randomInt } from 'node:crypto';
import { growU32, grownLength } from './growColumns.ts';

/** Secret, and odd; drawn for the first table: most processes make none. */
let parentFactor = 0;
let nameFactor = 0;

/**
 * The nodes of a tree that is being built: (parent, name) → node, in an open-addressing hash over typed arrays, so that
 * neither depth nor the number of children matters and no path is ever put together. Node 0 is the root.
 */
export class NodeTable {
  parents = new Uint32Array(256);
  names = new Uint32Array(256);
  #count = 1;
  /** The node in the slot, or 0: the root is nobody's child. At most half of the slots are taken. */
  #slots = new Uint32Array(512);

  constructor() {
    if (parentFactor !== 0) return;
    parentFactor = randomInt(2 ** 31) * 2 + 1;
    nameFactor = randomInt(2 ** 31) * 2 + 1;
  }

  get count(): number {
    return this.#count;
  }

  /** The child of that name, or −1. */
  find(parent: number, name: number): number {
    const node = this.#slots[this.#slot(parent, name)] ?? 0;
    return node === 0 ? -1 : node;
  }

  /** Adds a child whose place is free. */
  add(parent: number, name: number): number {
    const node = this.#append(parent, name);
    this.#slots[this.#slot(parent, name)] = node;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return node;
  }

  /** A new node in the place of another, which keeps its children but can no longer be found. */
  replace(node: number): number {
    const parent = this.parents[node] ?? 0;
    const name = this.names[node] ?? 0;
    const slot = this.#slot(parent, name);
    const successor = this.#append(parent, name);
    this.#slots[slot] = successor;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return successor;
  }

  /** Gives the hash's memory back; afterwards nothing can be found or added. */
  close(): void {
    this.#slots = new Uint32Array(0);
  }

  #append(parent: number, name: number): number {
    const node = this.#count++;
    if (node === this.parents.length) {
      this.parents = growU32(this.parents, grownLength(node));
      this.names = growU32(this.names, grownLength(node));
    }
    this.parents[node] = parent;
    this.names[node] = name;
    return node;
  }

  #slot(parent: number, name: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(parent, name) & mask;
    for (;;) {
      const node = slots[slot] ?? 0;
      if (node === 0 || (this.parents[node] === parent && this.names[node] === name)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #rehash(): void {
    const old = this.#slots;
    const slots = (this.#slots = new Uint32Array(old.length * 2));
    const mask = slots.length - 1;
    for (const node of old) {
      if (node === 0) continue;
      let slot = hashOf(this.parents[node] ?? 0, this.names[node] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = node;
    }
  }
}

function hashOf(parent: number, name: number): number {
  let hash = (Math.imul(parent, parentFactor) + Math.imul(name, nameFactor)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
