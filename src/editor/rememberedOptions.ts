import * as vscode from 'vscode';

/** How a person chose a view to be: kept over a restart, and told to the menus, which show what undoes the choice. */
export class RememberedOptions<T extends object> {
  readonly #memory: vscode.Memento;
  readonly #key: string;
  readonly #usual: T;
  readonly #contexts: (shown: T) => Readonly<Record<`lamina.${string}`, boolean>>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  /**
   * @param key of the memory.
   * @param contexts what menus are told, by the keys of their `when`.
   */
  constructor(
    memory: vscode.Memento,
    key: string,
    usual: T,
    contexts: (shown: T) => Readonly<Record<`lamina.${string}`, boolean>>,
  ) {
    this.#memory = memory;
    this.#key = key;
    this.#usual = usual;
    this.#contexts = contexts;
    this.#tell();
  }

  get shown(): T {
    return { ...this.#usual, ...this.#memory.get<Partial<T>>(this.#key) };
  }

  async change(change: Partial<T>): Promise<void> {
    await this.#memory.update(this.#key, { ...this.shown, ...change });
    this.#tell();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #tell(): void {
    for (const [name, value] of Object.entries(this.#contexts(this.shown)))
      void vscode.commands.executeCommand('setContext', name, value);
  }
}
