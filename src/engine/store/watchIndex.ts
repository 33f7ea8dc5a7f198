import { watch } from 'node:fs';
import { basename } from 'node:path';
import type { Disposable } from '../base/event.ts';
import type { StorePlaces } from './storePlaces.ts';

/**
 * Tells when `index.json` was replaced, by this or another process. Several changes close together are told once.
 * Where the platform cannot watch, nothing is told.
 */
export function watchIndex(places: StorePlaces, onChange: () => void): Disposable {
  let pending: NodeJS.Timeout | undefined;
  const name = basename(places.index);
  try {
    const watcher = watch(places.directory, { persistent: false }, (_, changed) => {
      if (changed !== name && changed !== null) return;
      pending ??= setTimeout(() => {
        pending = undefined;
        onChange();
      }, togetherMs);
    });
    // A store that is removed is no failure of who looks at it.
    watcher.on('error', () => {
      watcher.close();
    });
    return {
      dispose: () => {
        clearTimeout(pending);
        watcher.close();
      },
    };
  } catch {
    return { dispose: () => undefined };
  }
}

const togetherMs = 50;
