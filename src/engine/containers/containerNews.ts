import { type Disposable, type Event, EventEmitter } from '../base/event.ts';
import { rootPath } from '../base/layerPath.ts';
import type { EngineEvent } from '../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import type { EngineEvents } from '../sources/dockerEngine/engineEvents.ts';
import type { FileNews } from './containerFiles.ts';
import { healthCommandOf } from './healthCommand.ts';

/**
 * What becomes of a container's files: what is done by this process at once and by path, and what the engine's events
 * let suppose, while somebody watches, as a change of everything. Events tell of programs that were run and of files that
 * were copied in, ours among them, which are not told twice.
 */
export class ContainerNews {
  readonly #id: string;
  readonly #client: EngineClient;
  readonly #events: EngineEvents;
  readonly #onDoubt: () => void;
  readonly #changed = new EventEmitter<readonly FileNews[]>();
  /** Execs whose end says nothing: ours, and those of health checks. */
  readonly #quietExecs = new Set<string>();
  #ownCopies = 0;
  #watchers = 0;
  #subscriptions: readonly Disposable[] = [];
  #healthCommand: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChange: Event<readonly FileNews[]> = this.#changed.event;

  /** @param onDoubt called when what was known of the container may not be so any more. */
  constructor(id: string, client: EngineClient, events: EngineEvents, onDoubt: () => void) {
    this.#id = id;
    this.#client = client;
    this.#events = events;
    this.#onDoubt = onDoubt;
  }

  /** What was done by this process. */
  tell(...news: readonly FileNews[]): void {
    this.#onDoubt();
    this.#changed.fire(news);
  }

  /** An exec that is about to start. */
  ownExec(execId: string): void {
    if (this.#watchers > 0) this.#quietExecs.add(execId);
  }

  /** Files that are about to be copied in. */
  ownCopy(): void {
    if (this.#watchers > 0) this.#ownCopies += 1;
  }

  watch(): Disposable {
    if (this.#watchers++ === 0) this.#begin();
    let isWatching = true;
    return {
      dispose: () => {
        if (isWatching && --this.#watchers === 0) this.#end();
        isWatching = false;
      },
    };
  }

  #begin(): void {
    this.#subscriptions = [
      this.#events.onActivity((event) => {
        this.#hear(event);
      }),
      this.#events.onNews((news) => {
        if (news.kind === 'event') this.#hear(news.event);
      }),
    ];
    this.#learnHealthCommand().catch(() => undefined);
  }

  #end(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#quietExecs.clear();
    this.#ownCopies = 0;
  }

  #hear({ type, id, action, attributes }: EngineEvent): void {
    if (type !== 'container' || id !== this.#id) return;
    const exec = attributes['execID'] ?? attributes['execid'] ?? '';
    const [what = '', command] = action.split(': ', 2);
    if (what === 'exec_start' && command === this.#healthCommand) this.#quietExecs.add(exec);
    else if (what.startsWith('exec_die')) this.#unless(this.#quietExecs.delete(exec));
    else if (what === 'extract-to-dir') this.#unless(this.#ownCopies > 0 && this.#ownCopies-- > 0);
    else if (what === 'destroy' || what === 'remove') this.tell({ kind: 'deleted', path: rootPath });
    else if (doubtful.test(what)) this.#unless(false);
  }

  /** Several events of one thing come together. */
  #unless(isKnown: boolean): void {
    if (isKnown) return;
    this.#onDoubt();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.tell({ kind: 'changed', path: rootPath });
    }, togetherMs);
  }

  async #learnHealthCommand(): Promise<void> {
    this.#healthCommand = healthCommandOf((await this.#client.inspectContainer(this.#id)).json);
  }
}

const togetherMs = 100;

const doubtful = /^(start|stop|die|died|restart|restore|init|cleanup)$/;
