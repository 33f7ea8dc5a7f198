import type { Liveness } from './processOwner.ts';

/** When the holder of a lock or a lease counts as gone. */
export interface SilenceLimits {
  /** Without a heartbeat for so long, when its process cannot be looked at. */
  readonly silentMs: number;
  /** The same when a process of that pid runs, which may be another one by now. */
  readonly recycledMs: number;
}

/** @param silenceMs asked for only where it decides. */
export async function isGone(
  liveness: Liveness,
  limits: SilenceLimits,
  silenceMs: () => Promise<number>,
): Promise<boolean> {
  switch (liveness) {
    case 'alive':
      return false;
    case 'dead':
      return true;
    case 'maybe':
      return (await silenceMs()) > limits.recycledMs;
    case 'elsewhere':
      return (await silenceMs()) > limits.silentMs;
  }
}
