import { type FSWatcher, readlinkSync, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Disposable } from '../../base/event.ts';

/** A socket is made some moments before it is listened at. */
const settleMs = 50;

/**
 * Tells when something appears at the socket's path. Folders that are not there yet are waited for in the nearest one
 * that is. Where a folder cannot be watched it tells nothing.
 */
export function watchSocket(path: string, onAppear: () => void): Disposable {
  const paths = [path, ...targetOf(path)];
  const watches = paths.map((each) => new SocketWatch(each, onAppear));
  return {
    dispose: () => {
      for (const each of watches) each.dispose();
    },
  };
}

class SocketWatch implements Disposable {
  readonly #path: string;
  readonly #onAppear: () => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, onAppear: () => void) {
    this.#path = path;
    this.#onAppear = onAppear;
    this.#arm();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #arm(): void {
    this.#watcher?.close();
    const { folder, child } = nearestFolder(this.#path);
    try {
      this.#watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Some systems do not tell the name; a busy folder such as /run tells many others.
        if (name === null || name === child) this.#settle();
      });
      // A folder that goes away ends its watch; the backoff goes on without it.
      this.#watcher.on('error', () => {
        this.dispose();
      });
    } catch {
      this.#watcher = undefined;
    }
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (isThere(this.#path)) this.#onAppear();
      else this.#arm();
    }, settleMs);
  }
}

/** The deepest folder on the way to a path that is there, and what is waited for in it. */
function nearestFolder(path: string): { readonly folder: string; readonly child: string } {
  let child = path;
  while (!isThere(dirname(child)) && dirname(child) !== child) child = dirname(child);
  return { folder: dirname(child), child: basename(child) };
}

/** Products put a link at the usual path, which leads nowhere while they are stopped. */
function targetOf(path: string): readonly string[] {
  try {
    return [resolve(dirname(path), readlinkSync(path))];
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
