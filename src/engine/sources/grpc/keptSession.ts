import type { ClientHttp2Session } from 'node:http2';

/** One HTTP/2 connection that calls share: begun by the first of them, and closed when nobody used it for a while. */
export class KeptSession implements Disposable {
  readonly #begin: () => Promise<ClientHttp2Session>;
  readonly #keptMs: number;
  #session: Promise<ClientHttp2Session> | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param keptMs how long it stays without a user: through ssh it is a process here and one over there. */
  constructor(begin: () => Promise<ClientHttp2Session>, keptMs: number) {
    this.#begin = begin;
    this.#keptMs = keptMs;
  }

  /** Whoever takes it gives it back by {@link release}, also when taking it failed. */
  async take(): Promise<ClientHttp2Session> {
    clearTimeout(this.#idle);
    this.#users += 1;
    const kept = (this.#session ??= this.#open());
    const session = await kept;
    if (!session.closed && !session.destroyed) return session;
    // It has ended, and has not yet said so.
    if (this.#session === kept) this.#session = undefined;
    return (this.#session ??= this.#open());
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#idle = setTimeout(() => {
      this.#leave();
    }, this.#keptMs);
    this.#idle.unref();
  }

  /** Calls that still use it fail. */
  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    this.#leave();
  }

  #open(): Promise<ClientHttp2Session> {
    const opening = this.#begin();
    const forget = (): void => {
      if (this.#session === opening) this.#session = undefined;
    };
    // After its farewell it takes no new calls, and may stay open for those that it has.
    opening.then((session) => session.once('goaway', forget).once('close', forget), forget);
    return opening;
  }

  #leave(): void {
    this.#session?.then(
      (session) => {
        session.destroy();
      },
      () => undefined,
    );
    this.#session = undefined;
  }
}
