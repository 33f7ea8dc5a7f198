import type { SummedFile } from './copySum.ts';

/** Of more files than that, the sums asked for the longest time ago are forgotten. */
const mostFiles = 200_000;

/** What went into sums that were computed, to tell which files are others once a sum is. */
export class SumMemory {
  readonly #known = new Map<string, readonly SummedFile[]>();
  #files = 0;

  keep(text: string, files: readonly SummedFile[]): void {
    this.#forget(text);
    this.#known.set(text, files);
    this.#files += files.length;
    for (const oldest of this.#known.keys()) {
      if (this.#files <= mostFiles || oldest === text) return;
      this.#forget(oldest);
    }
  }

  filesOf(text: string): readonly SummedFile[] | undefined {
    return this.#known.get(text);
  }

  #forget(text: string): void {
    this.#files -= this.#known.get(text)?.length ?? 0;
    this.#known.delete(text);
  }
}
