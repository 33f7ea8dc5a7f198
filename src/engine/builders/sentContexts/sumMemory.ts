import type { ClassicContext } from '../../build/classic/classicInput.ts';
import type { SummedFile } from '../../build/classic/copySum.ts';

const mostSums = 200;
const mostFiles = 50_000;

/** What went into sums that were computed before, for telling which files are others since: as long as the process lives. */
export class SumMemory {
  readonly #files = new Map<string, readonly SummedFile[]>();

  /** The same context; its sums are remembered. */
  remembering(context: ClassicContext): ClassicContext {
    return {
      sum: async (sources, options) => {
        const sum = await context.sum(sources, options);
        if (sum.kind === 'sum' && sum.files.length <= mostFiles) this.#keep(sum.text, sum.files);
        return sum;
      },
    };
  }

  filesOf(sum: string): readonly SummedFile[] | undefined {
    return this.#files.get(sum);
  }

  #keep(sum: string, files: readonly SummedFile[]): void {
    this.#files.delete(sum);
    this.#files.set(sum, files);
    const [oldest] = this.#files.keys();
    if (this.#files.size > mostSums && oldest !== undefined) this.#files.delete(oldest);
  }
}
