import type { Pacer } from './abort.ts';

/** Work that may be left for a while after each of its pieces, and gives its result at the end. */
export type Pieces<T> = Generator<undefined, T, undefined>;

export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

/** Breathes before each piece. @throws EngineError `cancelled`. */
export async function inPieces<T>(work: Pieces<T>, pacer: Pacer): Promise<T> {
  for (;;) {
    const breath = pacer.breathe();
    // Waiting for nothing would still cost a turn for each piece.
    if (breath !== undefined) await breath;
    const next = work.next();
    if (next.done === true) return next.value;
  }
}
