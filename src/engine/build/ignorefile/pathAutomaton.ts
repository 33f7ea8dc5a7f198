import { parseExpression, type Step } from './parseExpression.ts';

/**
 * Matches a path by all ways at once, so that its time grows with path × expression at most, whatever they are. The ways
 * are the steps that may come next.
 */
export class PathAutomaton {
  readonly #steps: readonly Step[];
  #ways: Ways;
  #next: Ways;

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#ways = new Ways(steps.length + 1);
    this.#next = new Ways(steps.length + 1);
  }

  /** Undefined when Go's engine refuses the expression, or it has what is not read here. */
  static of(source: string): PathAutomaton | undefined {
    const steps = parseExpression(source);
    return steps && new PathAutomaton(steps);
  }

  matches(path: string): boolean {
    this.#follow(path);
    return this.#ways.has(this.#steps.length);
  }

  /** Whether a longer path that begins so could match. */
  canContinue(beginning: string): boolean {
    this.#follow(beginning);
    return this.#ways.count > (this.#ways.has(this.#steps.length) ? 1 : 0);
  }

  #follow(path: string): void {
    this.#ways.clear();
    this.#add(this.#ways, 0);
    for (let at = 0; at < path.length && this.#ways.count > 0; at++) {
      const character = path.codePointAt(at) ?? 0;
      if (character > 0xffff) at++;
      this.#advance(character);
    }
  }

  #advance(character: number): void {
    this.#next.clear();
    for (let index = 0; index < this.#ways.count; index++) {
      const way = this.#ways.at(index);
      const step = this.#steps[way];
      if (step?.isIn?.(character) === true) this.#add(this.#next, step.isRepeated ? way : way + 1);
    }
    [this.#ways, this.#next] = [this.#next, this.#ways];
  }

  /** With every step that can be left out. */
  #add(ways: Ways, way: number): void {
    if (!ways.add(way)) return;
    const step = this.#steps[way];
    if (step === undefined) return;
    if (step.isRepeated || step.skips > 0) this.#add(ways, way + 1);
    if (step.skips > 0) this.#add(ways, way + 1 + step.skips);
  }
}

/** A set of small numbers that is emptied at no cost. */
class Ways {
  readonly #list: Uint32Array;
  readonly #places: Uint32Array;
  count = 0;

  constructor(size: number) {
    this.#list = new Uint32Array(size);
    this.#places = new Uint32Array(size);
  }

  clear(): void {
    this.count = 0;
  }

  at(index: number): number {
    return this.#list[index] ?? 0;
  }

  has(way: number): boolean {
    const place = this.#places[way] ?? 0;
    return place < this.count && this.#list[place] === way;
  }

  /** Whether it was not there yet. */
  add(way: number): boolean {
    if (this.has(way)) return false;
    this.#places[way] = this.count;
    this.#list[this.count++] = way;
    return true;
  }
}
