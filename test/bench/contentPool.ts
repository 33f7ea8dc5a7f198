import type { Random } from '../support/random.ts';

const poolSize = 4 << 20;

/** Bytes for files, cut from pools: text that packs to about a third, and programs that pack to about two thirds. */
export class ContentPool {
  readonly #random: Random;
  readonly #text: Buffer;
  readonly #program: Buffer;

  constructor(random: Random) {
    this.#random = random;
    this.#text = makeText(random);
    this.#program = makeProgram(random);
  }

  /** A piece of that many bytes; larger ones are pieces one after another. */
  take(size: number): Buffer {
    const pool = this.#random.chance(0.5) ? this.#text : this.#program;
    const pieces: Buffer[] = [];
    for (let left = size; left > 0;) {
      const start = this.#random.below(poolSize - 1);
      const piece = pool.subarray(start, Math.min(poolSize, start + left));
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }
}

function makeText(random: Random): Buffer {
  const words = Array.from({ length: 4000 }, () => makeWord(random));
  const text: string[] = [];
  for (let length = 0; length < poolSize;) {
    // Short words are common, as in a language.
    const word = words[Math.floor(words.length * random.next() ** 2)] ?? '';
    const end = random.chance(0.1) ? '\n' : ' ';
    text.push(word, end);
    length += word.length + 1;
  }
  return Buffer.from(text.join(''), 'latin1').subarray(0, poolSize);
}

function makeWord(random: Random): string {
  const letters = 'etaoinshrdlucmfwygpbvkxqjz';
  const letter = (): string => letters.charAt(Math.floor(letters.length * random.next() ** 2));
  return Array.from({ length: 2 + random.below(9) }, letter).join('');
}

/** Runs of noise between runs of few values, like machine code and its tables. */
function makeProgram(random: Random): Buffer {
  const bytes = Buffer.alloc(poolSize);
  for (let at = 0; at < poolSize;) {
    const length = Math.min(poolSize - at, 16 + random.below(200));
    const isNoise = random.chance(0.55);
    for (let i = 0; i < length; i++) bytes[at + i] = isNoise ? random.below(256) : random.below(8);
    at += length;
  }
  return bytes;
}
