import * as vscode from 'vscode';
import type { Disposable } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import { ChangeTree } from './changeTree.ts';

/** What was answered when a container's changes were asked for. */
export type ChangesKnown =
  | { readonly kind: 'ready'; readonly changes: ChangeTree }
  | { readonly kind: 'failed'; readonly failure: unknown };

/** Changes that come close together are one. */
const settleMs = 100;

/**
 * What containers changed, as far as somebody asked. What was asked for is asked again when the files of its container
 * change and somebody looks; all else costs nothing.
 */
export class ChangeLists implements Disposable {
  readonly #context: EditorContext;
  readonly #isLookedAt: () => boolean;
  readonly #known = new Map<string, ChangesKnown>();
  readonly #asked = new Map<string, Promise<ChangeTree>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Engines tell of their containers' files only while somebody watches. */
  readonly #watched = new Map<string, Disposable>();
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #listening: Disposable;

  /** The ID of a container whose files changed, or of whose changes more is known. */
  readonly onDidChange = this.#changed.event;

  constructor(context: EditorContext, isLookedAt: () => boolean) {
    this.#context = context;
    this.#isLookedAt = isLookedAt;
    this.#listening = context.containers.onDidChange((id) => {
      if (id !== undefined) this.renew(id);
    });
  }

  /** What was last answered; asks nothing. */
  known(id: string): ChangesKnown | undefined {
    return this.#known.get(id);
  }

  /** The changes that were last told; undefined before, and when they cannot be read. */
  changesOf(id: string): ChangeTree | undefined {
    const known = this.#known.get(id);
    return known?.kind === 'ready' ? known.changes : undefined;
  }

  /** A container's changes; whoever asks meanwhile shares the answer. @throws EngineError as `ContainerFiles.changes`. */
  of(id: string): Promise<ChangeTree> {
    const asked = this.#asked.get(id) ?? this.#ask(id);
    this.#asked.set(id, asked);
    return asked;
  }

  /** What was told of a container is so no more. */
  renew(id: string): void {
    this.#asked.delete(id);
    if (this.#timers.has(id)) return;
    this.#timers.set(
      id,
      setTimeout(() => {
        this.#timers.delete(id);
        this.#renewNow(id);
      }, settleMs),
    );
  }

  renewAll(): void {
    for (const id of this.#known.keys()) this.renew(id);
  }

  /** Nobody looks any more. */
  leave(): void {
    for (const each of this.#watched.values()) each.dispose();
    this.#watched.clear();
  }

  dispose(): void {
    this.#listening.dispose();
    this.leave();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#changed.dispose();
  }

  /** The old answer stands until there is a new one: a count that vanishes for a moment is of no use. */
  #renewNow(id: string): void {
    if (this.#known.has(id) && this.#isLookedAt()) {
      this.of(id).catch(() => undefined);
      return;
    }
    this.#known.delete(id);
    this.#changed.fire(id);
  }

  #ask(id: string): Promise<ChangeTree> {
    const answer = this.#read(id);
    const isCurrent = (): boolean => this.#asked.get(id) === answer;
    answer.then(
      (changes) => {
        if (isCurrent()) this.#tell(id, { kind: 'ready', changes });
      },
      (failure: unknown) => {
        if (!isCurrent()) return;
        if (isCancelled(failure)) {
          this.#asked.delete(id);
          return;
        }
        // The answer stays until something changes: whoever draws the failure asks again by that.
        logFailure(failure, this.#context.log);
        this.#tell(id, { kind: 'failed', failure });
      },
    );
    return answer;
  }

  async #read(id: string): Promise<ChangeTree> {
    const { files, place } = await this.#context.containers.byId(id);
    if (place.kind === 'engine' && this.#isLookedAt() && !this.#watched.has(id))
      this.#watched.set(id, files.watch());
    return new ChangeTree(await files.changes());
  }

  #tell(id: string, known: ChangesKnown): void {
    this.#known.set(id, known);
    this.#changed.fire(id);
  }
}
