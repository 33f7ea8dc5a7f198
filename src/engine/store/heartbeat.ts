import type { DiskFile } from './disk.ts';

/** Shows, by the time of a file's last change, that whoever holds it still runs. */
export interface Heartbeat {
  /** Ends it and closes the file. Stopping twice is fine. */
  stop(): Promise<void>;
}

/**
 * Writes the same bytes into the file again and again, so that the file system stamps it by its own clock. The file is
 * held open, not named: one that was taken over by another process is not touched any more.
 */
export function startHeartbeat(file: DiskFile, bytes: Uint8Array, everyMs: number): Heartbeat {
  let beating: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // A beat that fails costs nothing while the process can be looked at; the work itself meets the same disk.
    beating = beating.then(() => file.write(bytes, 0)).catch(() => undefined);
  }, everyMs);
  timer.unref();
  let stopped: Promise<void> | undefined;
  return {
    stop: () =>
      (stopped ??= (() => {
        clearInterval(timer);
        return beating.then(() => file.close());
      })()),
  };
}
