import { parseExpression, type Step } from './parseExpression.ts';

/** Where an expression stands after the beginning of a path. */
export interface PathState {
  /** Whether that beginning is a match by itself. */
  readonly isMatch: boolean;
  /** Whether a longer path that begins so could match. */
  readonly canContinue: boolean;
  /** The steps that may come next, in ascending order. */
  readonly ways: Uint32Array;
  /** What each of the plain characters leads to, as far as it was followed. */
  readonly next: (PathState | undefined)[];
}

/**
 * Matches a path by all ways at once, so that its time grows with path × expression at most, whatever they are. What a
 * character leads to is remembered, so that most characters cost one look at a table; and a path that goes on where
 * another one ended costs what it goes on with alone.
 */
export class PathAutomaton {
  readonly #steps: readonly Step[];
  readonly #mostRemembered: number;
  readonly #states = new Map<string, PathState>();
  #remembered = 0;
  #start: PathState | undefined;

  private constructor(steps: readonly Step[], mostRemembered: number) {
    this.#steps = steps;
    this.#mostRemembered = mostRemembered;
  }

  /**
   * Undefined when Go's engine refuses the expression, or it has what is not read here.
   *
   * @param mostRemembered places of tables that may be kept; with none, all is followed anew each time.
   */
  static of(source: string, mostRemembered: number): PathAutomaton | undefined {
    const steps = parseExpression(source);
    return steps && new PathAutomaton(steps, mostRemembered);
  }

  /** @param from where the path goes on; at its beginning when left out. */
  follow(path: string, from?: PathState): PathState {
    let state = from ?? (this.#start ??= this.#beginning());
    for (let at = 0; at < path.length; at++) {
      if (!state.canContinue) return nowhere;
      const code = path.charCodeAt(at);
      const known = state.next[code];
      if (known !== undefined) state = known;
      else {
        const character = path.codePointAt(at) ?? 0;
        if (character > 0xffff) at++;
        state = this.#advance(state, character);
      }
    }
    return state;
  }

  #beginning(): PathState {
    const ways = new Set<number>();
    this.#add(ways, 0);
    return this.#stateOf(ways);
  }

  #advance(state: PathState, character: number): PathState {
    const ways = new Set<number>();
    for (const way of state.ways) {
      const step = this.#steps[way];
      if (step?.isIn?.(character) === true) this.#add(ways, step.isRepeated ? way : way + 1);
    }
    const next = this.#stateOf(ways);
    if (character < plainCharacters && this.#mostRemembered > 0) state.next[character] = next;
    return next;
  }

  /** With every step that can be left out. */
  #add(ways: Set<number>, first: number): void {
    const open = [first];
    for (let way = open.pop(); way !== undefined; way = open.pop()) {
      if (ways.has(way)) continue;
      ways.add(way);
      const step = this.#steps[way];
      if (step === undefined) continue;
      if (step.isRepeated || step.skips > 0) open.push(way + 1);
      if (step.skips > 0) open.push(way + 1 + step.skips);
    }
  }

  #stateOf(set: ReadonlySet<number>): PathState {
    if (set.size === 0) return nowhere;
    const ways = Uint32Array.from(set).sort();
    const isMatch = ways.at(-1) === this.#steps.length;
    const state = { ways, isMatch, canContinue: ways.length > (isMatch ? 1 : 0), next: [] };
    return this.#mostRemembered > 0 ? this.#remembering(state) : state;
  }

  /** Equal states are one, so that what is known of it is found again. */
  #remembering(state: PathState): PathState {
    const name = state.ways.join();
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    this.#remembered += plainCharacters + state.ways.length;
    if (this.#remembered > this.#mostRemembered) this.#forget();
    this.#states.set(name, state);
    return state;
  }

  #forget(): void {
    this.#states.clear();
    this.#start = undefined;
    this.#remembered = 0;
  }
}

const plainCharacters = 128;

const nowhere: PathState = { isMatch: false, canContinue: false, ways: new Uint32Array(), next: [] };
