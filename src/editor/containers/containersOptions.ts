import * as vscode from 'vscode';
import type { ContainersShown } from './containerNodes.ts';

const key = 'lamina.containersView';
const usual: ContainersShown = { filter: '', groupsProjects: true, showsStopped: true };

/** Keeps over a restart how containers are shown. */
export class ContainersOptions {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#tell();
  }

  get shown(): ContainersShown {
    return { ...usual, ...this.#memory.get<Partial<ContainersShown>>(key) };
  }

  async change(change: Partial<ContainersShown>): Promise<void> {
    await this.#memory.update(key, { ...this.shown, ...change });
    this.#tell();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Menus show what undoes the choice. */
  #tell(): void {
    const { filter, groupsProjects, showsStopped } = this.shown;
    void vscode.commands.executeCommand('setContext', 'lamina.containersFiltered', filter !== '');
    void vscode.commands.executeCommand('setContext', 'lamina.projectsUngrouped', !groupsProjects);
    void vscode.commands.executeCommand('setContext', 'lamina.stoppedHidden', !showsStopped);
  }
}
