/** Calls back once when nothing has been heard for so long. Without a limit it does nothing. */
export class IdleWatch {
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(idleMs: number | undefined, onIdle: () => void) {
    if (idleMs !== undefined) this.#timer = setTimeout(onIdle, idleMs);
  }

  /** Something was heard. */
  touch(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
