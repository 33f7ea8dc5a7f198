import type { EngineError } from '../../base/errors.ts';
import type { Event } from '../../base/event.ts';
import type { EngineCapabilities, EngineEvent } from './engineApi.ts';

/** How it stands with an engine. `idle`: nobody listens, so nothing is known and nothing runs. */
export type EngineState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly capabilities: EngineCapabilities }
  /** It is tried again by itself: at `retryAtMs`, or as soon as its socket appears. */
  | { readonly kind: 'lost'; readonly error: EngineError; readonly retryAtMs: number };

/** What a listener hears. `resync`: the stream is open (again); whatever was known before has to be asked anew. */
export type EngineNews =
  { readonly kind: 'resync' } | { readonly kind: 'event'; readonly event: EngineEvent };

/**
 * An engine's events, connected only while somebody listens to `onNews`; at the last dispose every timer, watcher and
 * connection is gone.
 */
export interface EngineEvents extends Disposable {
  readonly state: EngineState;
  readonly onDidChangeState: Event<EngineState>;
  readonly onNews: Event<EngineNews>;
  /** Does not wait for the backoff: the user pressed Retry. */
  retryNow(): void;
}
