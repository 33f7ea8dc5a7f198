import { watch } from 'node:fs';
import type { Disposable } from '../base/event.ts';

/**
 * Tells when files lying directly in a directory were made, written or removed, several changes close together once.
 * Where the platform cannot watch, nothing is told; a directory that is removed is told of, and then no more.
 *
 * @param isMeant whether a file of this name is looked at.
 */
export function watchDirectory(
  directory: string,
  isMeant: (name: string) => boolean,
  onChange: () => void,
): Disposable {
  let pending: NodeJS.Timeout | undefined;
  const tell = (): void => {
    pending ??= setTimeout(() => {
      pending = undefined;
      onChange();
    }, togetherMs);
  };
  try {
    const watcher = watch(directory, { persistent: false }, (_, name) => {
      if (name === null || isMeant(name)) tell();
    });
    watcher.on('error', () => {
      watcher.close();
      tell();
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
