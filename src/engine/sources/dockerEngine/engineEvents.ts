import { EngineError, toEngineError } from '../../base/errors.ts';
import { type Disposable as Registration, type Event, EventEmitter } from '../../base/event.ts';
import { Backoff, type BackoffLimits, engineBackoff } from './backoff.ts';
import { formatEndpoint, isRemote } from './endpoint.ts';
import type { EngineCapabilities, EngineEvent } from './engineApi.ts';
import type { EngineClient } from './engineClient.ts';
import { watchSocket } from './watchSocket.ts';

/** How it stands with an engine. `idle`: nobody listens, so nothing is known and nothing runs. */
export type EngineState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly capabilities: EngineCapabilities }
  | LostEngine;

/**
 * It is tried again at `retryAtMs`, and as soon as its socket appears. Without that instant only `retryNow` tries: a
 * remote engine that never answered, or has not for minutes, is not knocked at for ever.
 */
export interface LostEngine {
  readonly kind: 'lost';
  readonly error: EngineError;
  readonly retryAtMs?: number;
}

/** What a listener hears. `resync`: the stream is open (again); whatever was known before has to be asked anew. */
export type EngineNews =
  { readonly kind: 'resync' } | { readonly kind: 'event'; readonly event: EngineEvent };

/**
 * An engine's events, connected only while somebody listens to `onNews`; at the last dispose every timer, watcher and
 * connection is gone. Events that change no image and no container are left out.
 */
export interface EngineEvents extends Disposable {
  readonly state: EngineState;
  readonly onDidChangeState: Event<EngineState>;
  readonly onNews: Event<EngineNews>;
  /** The events that are left out of the news: programs that ran in containers, files that went in and out. Connects nothing. */
  readonly onActivity: Event<EngineEvent>;
  /** Does not wait for the backoff: the user pressed Retry. Does nothing unless it is lost. */
  retryNow(): void;
}

export interface EngineEventsOptions {
  readonly backoff?: BackoffLimits;
}

/** A remote engine that was lost is tried so often: for some two minutes. */
const mostRemoteTries = 10;

export function createEngineEvents(client: EngineClient, options: EngineEventsOptions = {}): EngineEvents {
  return new Subscription(client, options.backoff ?? engineBackoff);
}

class Subscription implements EngineEvents {
  readonly #client: EngineClient;
  readonly #limits: BackoffLimits;
  readonly #states = new EventEmitter<EngineState>();
  readonly #news = new EventEmitter<EngineNews>();
  readonly #activities = new EventEmitter<EngineEvent>();
  #state: EngineState = { kind: 'idle' };
  #listeners = 0;
  #wasConnected = false;
  /** Of the running session; a new one begins with the next first listener. */
  #session: AbortController | undefined;
  #wake: (() => void) | undefined;

  readonly onDidChangeState = this.#states.event;
  readonly onActivity = this.#activities.event;
  readonly onNews: Event<EngineNews> = (listener) => this.#listen(listener);

  constructor(client: EngineClient, limits: BackoffLimits) {
    this.#client = client;
    this.#limits = limits;
  }

  get state(): EngineState {
    return this.#state;
  }

  retryNow(): void {
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #listen(listener: (news: EngineNews) => void): Registration {
    const registration = this.#news.event(listener);
    this.#listeners += 1;
    let isListening = true;
    if (this.#session === undefined) this.#start();
    // Who comes later has missed the beginning.
    else if (this.#state.kind === 'connected') listener({ kind: 'resync' });
    return {
      dispose: () => {
        registration.dispose();
        if (!isListening) return;
        isListening = false;
        this.#listeners -= 1;
        if (this.#listeners === 0) this.#stop();
      },
    };
  }

  #start(): void {
    const session = new AbortController();
    this.#session = session;
    void this.#run(session.signal);
  }

  #stop(): void {
    this.#session?.abort();
    this.#session = undefined;
    this.#wake?.();
    this.#change({ kind: 'idle' });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#limits);
    this.#wasConnected = false;
    while (!isOver(signal)) {
      this.#change({ kind: 'connecting' });
      const error = await this.#follow(signal, () => {
        this.#wasConnected = true;
        backoff.reset();
      });
      if (isOver(signal)) return;
      await this.#pause(error, this.#mayRetry(backoff) ? backoff.nextMs() : undefined, () => {
        backoff.reset();
      });
    }
  }

  #mayRetry({ tries }: Backoff): boolean {
    return !isRemote(this.#client.endpoint) || (this.#wasConnected && tries < mostRemoteTries);
  }

  /** Passes events on until the stream ends, and gives the reason. */
  async #follow(signal: AbortSignal, onOpen: () => void): Promise<EngineError> {
    try {
      const capabilities = await this.#client.capabilities({ signal });
      const events = this.#client.events({
        signal,
        filters: { type: ['image', 'container'] },
        onOpen: () => {
          if (signal.aborted) return;
          onOpen();
          this.#change({ kind: 'connected', capabilities });
          this.#news.fire({ kind: 'resync' });
        },
      });
      for await (const event of events)
        if (changesNothing(event)) this.#activities.fire(event);
        else this.#news.fire({ kind: 'event', event });
      return new EngineError('truncated', formatEndpoint(this.#client.endpoint), 'the events ended');
    } catch (error) {
      return toEngineError(error, formatEndpoint(this.#client.endpoint));
    }
  }

  /** Ends when the time is over, when the socket appears, when the user wants it, or when nobody listens any more. */
  async #pause(error: EngineError, ms: number | undefined, onAppear: () => void): Promise<void> {
    const { endpoint } = this.#client;
    const done = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const wake = (): void => this.#wake?.();
    const timer = ms === undefined ? undefined : setTimeout(wake, ms);
    const watch =
      endpoint.kind === 'unix'
        ? watchSocket(endpoint.path, () => {
            onAppear();
            wake();
          })
        : undefined;
    this.#change({ kind: 'lost', error, ...(ms !== undefined && { retryAtMs: Date.now() + ms }) });
    await done;
    this.#wake = undefined;
    clearTimeout(timer);
    watch?.dispose();
  }

  #change(state: EngineState): void {
    if (this.#state.kind === 'idle' && state.kind === 'idle') return;
    this.#state = state;
    this.#states.fire(state);
  }
}

/** Health checks and terminals make many of them. */
function changesNothing({ action }: EngineEvent): boolean {
  return /^(exec_|top$|resize$|attach$|detach$|archive-path$|extract-to-dir$|export$|save$|push$)/.test(
    action,
  );
}

/** A call, since the compiler takes a signal that was asked once for one that stays so. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
