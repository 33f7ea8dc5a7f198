import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';
import type { Disposable } from '../base/event.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContextRequest } from '../build/contextHash/contextRequest.ts';
import type { ContextWork } from '../build/contextHash/contextWork.ts';

/** Changes that come together are told of once. */
const settleMs = 50;
/** A host's watcher leaves folders out: what was watched for so long is looked at again, after it was answered for. */
const trustedMs = 15_000;

interface Watched {
  readonly directory: string;
  readonly listeners: Set<() => void>;
  /** Below the directory, with `/` between names; undefined: anything may have changed. */
  changed: Set<string> | undefined;
  /** When everything was looked at, by `performance.now`. */
  lookedAt: number;
  watcher: FSWatcher | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The contexts that somebody looks after, by directory. Of others nothing is known between two questions. */
export class ContextWatches implements Disposable {
  readonly #contexts: Pick<ContextWork, 'changed' | 'refresh'>;
  readonly #log: Logger;
  readonly #watched = new Map<string, Watched>();

  constructor(contexts: Pick<ContextWork, 'changed' | 'refresh'>, log: Logger) {
    this.#contexts = contexts;
    this.#log = log;
  }

  add(directory: string, listener: () => void, by: 'platform' | 'host'): Disposable {
    const canWatch = by === 'host' || process.platform === 'darwin' || process.platform === 'win32';
    if (!canWatch) return { dispose: () => undefined };
    const watched = this.#watched.get(directory) ?? this.#begin(directory, by);
    // A wrapper, so that one function given twice is two listeners.
    const own = (): void => {
      listener();
    };
    watched.listeners.add(own);
    return {
      dispose: () => {
        watched.listeners.delete(own);
        if (watched.listeners.size === 0) this.#end(watched);
      },
    };
  }

  changed(paths: readonly string[]): void {
    for (const watched of this.#watched.values()) {
      const below = paths.flatMap((each) => pathBelow(watched.directory, each) ?? []);
      if (below.length > 0) this.#note(watched, below);
    }
  }

  /** The context is known as it is now: what changed was looked at, or all of it. */
  async bringUpToDate(context: ContextRequest, options: CallOptions = {}): Promise<void> {
    const watched = this.#watched.get(context.directory);
    const changed = watched?.changed;
    if (watched === undefined || changed === undefined) {
      if (watched !== undefined) Object.assign(watched, { changed: new Set(), lookedAt: performance.now() });
      await this.#contexts.refresh(context, options);
      return;
    }
    watched.changed = new Set();
    if (changed.size > 0) await this.#contexts.changed(context, [...changed], options);
  }

  /** Looks at all of a watched context again, some time after it was last looked at, and tells when files were others. */
  async lookAgain(context: ContextRequest): Promise<void> {
    const watched = this.#watched.get(context.directory);
    if (watched === undefined || performance.now() - watched.lookedAt < trustedMs) return;
    watched.lookedAt = performance.now();
    const { hashed } = await this.#contexts.refresh(context);
    if (hashed > 0) for (const listener of [...watched.listeners]) listener();
  }

  dispose(): void {
    for (const watched of this.#watched.values()) this.#end(watched);
  }

  #begin(directory: string, by: 'platform' | 'host'): Watched {
    const watched: Watched = {
      directory,
      listeners: new Set(),
      changed: undefined,
      lookedAt: 0,
      watcher: undefined,
      timer: undefined,
    };
    this.#watched.set(directory, watched);
    if (by === 'platform') this.#watch(watched);
    return watched;
  }

  #watch(watched: Watched): void {
    try {
      watched.watcher = watch(watched.directory, { recursive: true, persistent: false }, (_event, name) => {
        this.#note(watched, name === null ? undefined : [name.replaceAll('\\', '/')]);
      });
      watched.watcher.on('error', (error) => {
        this.#log.warn(`${watched.directory}: ${error.message}`);
        this.#end(watched);
      });
    } catch (error) {
      this.#log.warn(`${watched.directory} cannot be watched: ${String(error)}`);
      this.#watched.delete(watched.directory);
    }
  }

  #note(watched: Watched, below: readonly string[] | undefined): void {
    if (below === undefined) watched.changed = undefined;
    for (const each of below ?? []) watched.changed?.add(each);
    watched.timer ??= setTimeout(() => {
      watched.timer = undefined;
      for (const listener of [...watched.listeners]) listener();
    }, settleMs);
  }

  #end(watched: Watched): void {
    clearTimeout(watched.timer);
    watched.watcher?.close();
    if (this.#watched.get(watched.directory) === watched) this.#watched.delete(watched.directory);
  }
}

/** With `/` between names; undefined of what is not in the directory. */
function pathBelow(directory: string, file: string): string | undefined {
  const relative = path.relative(directory, file);
  const isBelow = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return isBelow ? relative.replaceAll('\\', '/') : undefined;
}
