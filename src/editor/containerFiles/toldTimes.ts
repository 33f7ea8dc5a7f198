interface Told {
  readonly version: string;
  readonly timeMs: number;
}

const mostKept = 4096;

/**
 * VS Code tells the versions of a file apart by time and size alone, and takes the later time for the newer version. But
 * two writes may fall into one millisecond, and what is reverted or moved here has the time it had. So each version that
 * is told has a later time than the one told before it: its own, or else the next millisecond.
 */
export class ToldTimes {
  /** The one told last comes last. */
  readonly #told = new Map<string, Told>();

  /**
   * @param key the file.
   * @param version what is another text whenever the file is another one.
   * @param timeMs its own time.
   */
  tell(key: string, version: string, timeMs: number): number {
    const before = this.#told.get(key);
    const told = before === undefined || before.version === version ? undefined : before.timeMs + 1;
    const now = { version, timeMs: told === undefined ? (before?.timeMs ?? timeMs) : Math.max(told, timeMs) };
    this.#keep(key, now);
    return now.timeMs;
  }

  /** The file was written here: what is told next is newer, whatever its own time says. */
  advance(key: string): void {
    const before = this.#told.get(key);
    if (before !== undefined) this.#keep(key, { ...before, version: '' });
  }

  #keep(key: string, told: Told): void {
    this.#told.delete(key);
    this.#told.set(key, told);
    const oldest = this.#told.keys().next();
    if (this.#told.size > mostKept && oldest.done !== true) this.#told.delete(oldest.value);
  }
}
