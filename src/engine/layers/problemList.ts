import type { Problem, ProblemCode } from '../base/problem.ts';

/** Problems as they are found: all are counted, of each code the first hundred are kept, texts within bounds. */
export class ProblemList {
  readonly #kept: Problem[] = [];
  readonly #counts = new Map<ProblemCode, number>();
  #count = 0;

  /** All that were found, those not kept included. */
  get count(): number {
    return this.#count;
  }

  get kept(): readonly Problem[] {
    return this.#kept;
  }

  /** @param subject called only where it is kept, when making it costs something. */
  add(code: ProblemCode, subject: string | (() => string), detail?: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    this.#count++;
    if (count > keptOfEach) return;
    const problem = { code, subject: shorten(typeof subject === 'string' ? subject : subject()) };
    this.#kept.push(detail === undefined ? problem : { ...problem, detail: shorten(detail) });
  }
}

const keptOfEach = 100;
const maxText = 4096;

function shorten(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}...`;
}
