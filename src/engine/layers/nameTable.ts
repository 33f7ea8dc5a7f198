import { randomInt } from 'node:crypto';
import { ByteTexts } from './byteTexts.ts';
import { growU32, grownLength } from './growColumns.ts';

/** Drawn for the first table: most processes make none. */
let seed = 0;
let multiplier = 0;

/**
 * Names, each kept once and known by a number. An open-addressing hash over typed arrays; the hash depends on secret
 * numbers, so that no layer can be made of names that collide.
 */
export class NameTable {
  readonly texts = new ByteTexts();
  #hashes = new Uint32Array(256);
  /** Number + 1 of a name, or 0; at most half of the slots are taken. */
  #slots = new Uint32Array(512);

  constructor() {
    if (multiplier !== 0) return;
    seed = randomInt(2 ** 32);
    multiplier = randomInt(2 ** 31) * 2 + 1;
  }

  /** The number of `text[start, end)`, given now if it is new. */
  intern(text: string, start: number, end: number): number {
    const hash = hashOf(text, start, end);
    const slot = this.#slot(hash, text, start, end);
    const taken = this.#slots[slot] ?? 0;
    return taken === 0 ? this.#add(hash, slot, text, start, end) : taken - 1;
  }

  /** The number of a name, or −1 when it has none. */
  find(text: string, start: number, end: number): number {
    return (this.#slots[this.#slot(hashOf(text, start, end), text, start, end)] ?? 0) - 1;
  }

  /** Gives the hash's memory back; afterwards only {@link texts} may be used. */
  close(): void {
    this.#slots = new Uint32Array(0);
    this.#hashes = new Uint32Array(0);
  }

  /** The slot that holds the name, or the free one where it belongs. */
  #slot(hash: number, text: string, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const taken = slots[slot] ?? 0;
      if (taken === 0) return slot;
      if (this.#hashes[taken - 1] === hash && this.texts.equals(taken - 1, text, start, end)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #add(hash: number, slot: number, text: string, start: number, end: number): number {
    const id = this.texts.add(text, start, end);
    if (id === this.#hashes.length) this.#hashes = growU32(this.#hashes, grownLength(id));
    this.#hashes[id] = hash;
    this.#slots[slot] = id + 1;
    if (this.texts.count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = (this.#slots = new Uint32Array(this.#slots.length * 2));
    const mask = slots.length - 1;
    for (let id = 0; id < this.texts.count; id++) {
      let slot = (this.#hashes[id] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
  }
}

function hashOf(text: string, start: number, end: number): number {
  let hash = seed;
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), multiplier);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
