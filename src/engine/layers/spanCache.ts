/** What was unpacked of one span, from its start on. */
interface Prefix {
  readonly pieces: { readonly start: number; readonly bytes: Buffer }[];
  end: number;
}

/**
 * Unpacked beginnings of spans, so that a file next to one that was read costs a copy. Bounded; the longest unused go
 * first. Shared by all layers.
 */
export class SpanCache {
  /** Least recently used first. */
  readonly #prefixes = new Map<string, Prefix>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = 32 * 2 ** 20) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes from `at` on, at most up to `end`, that are there in one piece; empty when none are. */
  get(key: string, at: number, end: number): Buffer {
    const prefix = this.#prefixes.get(key);
    if (prefix === undefined || at >= prefix.end) return nothing;
    this.#prefixes.delete(key);
    this.#prefixes.set(key, prefix);
    const piece = prefix.pieces.findLast(({ start }) => start <= at);
    return piece?.bytes.subarray(at - piece.start, end - piece.start) ?? nothing;
  }

  /** Takes what was unpacked at `start`, if it continues what is there of the span that begins at `spanStart`. */
  add(key: string, spanStart: number, start: number, bytes: Buffer): void {
    const prefix = this.#prefixes.get(key) ?? { pieces: [], end: spanStart };
    if (start > prefix.end || start + bytes.length <= prefix.end || prefix.end - spanStart > maxSpan) return;
    const news = bytes.subarray(prefix.end - start);
    prefix.pieces.push({ start: prefix.end, bytes: news });
    prefix.end += news.length;
    this.#prefixes.delete(key);
    this.#prefixes.set(key, prefix);
    this.#bytes += news.length;
    this.#evict();
  }

  #evict(): void {
    for (const [key, { pieces }] of this.#prefixes) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#prefixes.delete(key);
      for (const { bytes } of pieces) this.#bytes -= bytes.length;
    }
  }
}

const nothing = Buffer.alloc(0);
/** More of one span is not kept, so that one without checkpoints does not push out all others. */
const maxSpan = 8 * 2 ** 20;
