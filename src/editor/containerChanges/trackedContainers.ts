import * as vscode from 'vscode';
import { isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { logFailure } from '../failures.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { ContainerSourceControl } from './containerSourceControl.ts';

const key = 'lamina.trackedContainers';

/**
 * The containers that a person follows in the view *Source Control*, remembered over a restart. One that is gone is
 * forgotten.
 */
export class TrackedContainers implements vscode.Disposable {
  readonly #context: EditorContext;
  readonly #controls = new Map<string, ContainerSourceControl>();
  readonly #listening: readonly vscode.Disposable[];

  constructor(context: EditorContext) {
    this.#context = context;
    const check = (): void => void this.#check();
    this.#listening = [
      context.containers.onDidChange((id) => {
        if (id === undefined) check();
      }),
      context.engines.onDidChange((change) => {
        if (change?.kind === 'containers') check();
      }),
    ];
    this.#tell();
  }

  /** Shows those that were followed before. Nothing is asked or loaded when there were none. */
  async restore(): Promise<void> {
    for (const id of this.#remembered) {
      try {
        await this.#show(await this.#context.containers.byId(id));
      } catch (error) {
        if (isEngineError(error, 'not-found')) await this.#remember(id, false);
        else logFailure(error, this.#context.log);
      }
    }
  }

  get all(): readonly OpenedContainer[] {
    return [...this.#controls.values()].map(({ container }) => container);
  }

  /** Tracking what is tracked does nothing. */
  async track(container: OpenedContainer): Promise<void> {
    await this.#remember(container.id, true);
    await this.#show(container);
  }

  async untrack(id: string): Promise<void> {
    this.#controls.get(id)?.dispose();
    this.#controls.delete(id);
    await this.#remember(id, false);
    this.#tell();
  }

  /** What was written for the next commit. */
  messageFor(id: string): string {
    return this.#controls.get(id)?.message ?? '';
  }

  /** The message was used. */
  clear(id: string): void {
    const control = this.#controls.get(id);
    if (control !== undefined) control.message = '';
  }

  /** The root of the container that a menu of *Source Control* was called on. */
  rootOf(value: unknown): vscode.Uri | undefined {
    return [...this.#controls.values()].find((control) => control.is(value))?.root;
  }

  dispose(): void {
    for (const each of this.#listening) each.dispose();
    for (const each of this.#controls.values()) each.dispose();
  }

  async #show(container: OpenedContainer): Promise<void> {
    if (this.#controls.has(container.id)) return;
    const control = new ContainerSourceControl(this.#context, container);
    this.#controls.set(container.id, control);
    this.#tell();
    await control.refresh();
  }

  /** Takes away what is gone, and makes anew what has another name. */
  async #check(): Promise<void> {
    for (const [id, control] of this.#controls) {
      const container = await this.#now(control);
      if (container?.name === control.name && container === control.container) continue;
      if (container === undefined) {
        await this.untrack(id);
        continue;
      }
      const { message } = control;
      control.dispose();
      this.#controls.delete(id);
      await this.#show(container);
      const next = this.#controls.get(id);
      if (next !== undefined) next.message = message;
    }
  }

  /** Undefined when it is gone; as it was where that cannot be told. */
  async #now({ container }: ContainerSourceControl): Promise<OpenedContainer | undefined> {
    const { place, id } = container;
    if (place.kind === 'engine') {
      const { lists } = place.engine;
      return lists.isKnown && lists.container(id) === undefined ? undefined : container;
    }
    try {
      return await this.#context.containers.byId(id);
    } catch (error) {
      return isEngineError(error, 'not-found') ? undefined : container;
    }
  }

  #tell(): void {
    const isAny = this.#controls.size > 0;
    void vscode.commands.executeCommand('setContext', 'lamina.tracksContainers', isAny);
  }

  get #remembered(): readonly string[] {
    return this.#context.memory.get<readonly string[]>(key, []);
  }

  async #remember(id: string, isTracked: boolean): Promise<void> {
    const others = this.#remembered.filter((each) => each !== id);
    await this.#context.memory.update(key, isTracked ? [...others, id] : others);
  }
}
