import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../base/errors.ts';
import type { HttpResponse } from './httpMessage.ts';
import { discard } from './readDocument.ts';
import type { RegistryCall, RegistryNotice, Timeouts } from './registryAccess.ts';
import { isBrokenConnection } from './transportErrors.ts';

/** How often a request is made again. */
export const maxRetries = 5;
const longestWaitMs = 60_000;

/** Why a request is not made again at once. */
export type WaitReason = Extract<RegistryNotice, { readonly kind: 'waiting' }>['reason'];

/**
 * Makes a request, and again while the registry is busy (429, 5xx) or the connection breaks, at most five times. Waits
 * as long as `Retry-After` says, else half a second and twice as long each time, up to a minute, with jitter.
 *
 * @param mayRepeat whether the request may be made again for this reason.
 * @returns the last answer, whatever it is.
 * @throws EngineError what the last attempt threw; `cancelled`.
 */
export async function withRetries(
  attempt: () => Promise<HttpResponse>,
  timeouts: Timeouts,
  call: RegistryCall,
  mayRepeat: (reason: WaitReason) => boolean = () => true,
): Promise<HttpResponse> {
  for (let count = 0; ; count++) {
    const outcome = await attempt().catch(brokenOnly);
    const reason = reasonToWait(outcome, mayRepeat);
    if (reason === undefined || count === maxRetries) return answerOf(outcome);
    const asked = outcome instanceof EngineError ? undefined : retryAfterMs(outcome.headers['retry-after']);
    if (asked !== undefined && asked > timeouts.maxWaitMs) return answerOf(outcome);
    if (!(outcome instanceof EngineError)) await discard(outcome);
    await wait(asked ?? backoffMs(count, timeouts.firstWaitMs), reason, call);
  }
}

/** Waits before the same is tried again, and says so. @throws EngineError `cancelled`. */
export async function wait(
  ms: number,
  reason: WaitReason,
  { signal, onNotice }: RegistryCall,
): Promise<void> {
  onNotice?.({ kind: 'waiting', reason, seconds: Math.ceil(ms / 100) / 10 });
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new EngineError('cancelled', 'registry', 'cancelled while waiting', { cause });
  }
}

/** Between half and the whole of the doubled wait, so that many clients do not come back at once. */
export function backoffMs(count: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** count, longestWaitMs) * (0.5 + Math.random() / 2);
}

/** `Retry-After` as seconds or as a date (RFC 9110, 10.2.3); undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function reasonToWait(
  outcome: HttpResponse | EngineError,
  mayRepeat: (reason: WaitReason) => boolean,
): WaitReason | undefined {
  const reason = reasonOf(outcome);
  return reason !== undefined && mayRepeat(reason) ? reason : undefined;
}

function reasonOf(outcome: HttpResponse | EngineError): WaitReason | undefined {
  if (outcome instanceof EngineError) return 'unreachable';
  if (outcome.status === 429) return 'rate-limited';
  return [408, 500, 502, 503, 504].includes(outcome.status) ? 'busy' : undefined;
}

function brokenOnly(error: unknown): EngineError {
  if (error instanceof EngineError && isBrokenConnection(error)) return error;
  throw error;
}

function answerOf(outcome: HttpResponse | EngineError): HttpResponse {
  if (outcome instanceof EngineError) throw outcome;
  return outcome;
}
