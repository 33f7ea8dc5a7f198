import { isEngineError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';

/** Reads, and gives undefined of what cannot be read: then there is less to go by. @throws EngineError `cancelled`. */
export type UnlessUnreadable = <T>(what: string, read: () => Promise<T>) => Promise<T | undefined>;

/** @param onUnread is told of each that could not be read. */
export function unlessUnreadable(log: Logger, onUnread: () => void): UnlessUnreadable {
  return async (what, read) => {
    try {
      return await read();
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      onUnread();
      const reason = isEngineError(error) ? error.message : String(error);
      log.debug(`${what} of the builder tells nothing: ${reason}`);
      return undefined;
    }
  };
}
