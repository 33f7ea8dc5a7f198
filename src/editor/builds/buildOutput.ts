import * as vscode from 'vscode';
import type { BuildLog, BuildRow, Disposable } from '../../engine/index.ts';

/** What builds print, in an output channel, each line with the number of its row as docker's plain progress has it. */
export class BuildOutput implements Disposable {
  readonly #channel = vscode.window.createOutputChannel(vscode.l10n.t('Lamina Build'));
  readonly #rows = new Map<string, number>();
  readonly #states = new Map<string, BuildRow['state']>();

  begin(command: string): void {
    this.#rows.clear();
    this.#states.clear();
    this.#channel.clear();
    this.#channel.appendLine(plain(`$ ${command}`));
  }

  row(row: BuildRow): void {
    const { id, name, state } = row;
    if (state === 'waiting' || this.#states.get(id) === state) return;
    this.#states.set(id, state);
    if (state === 'running') this.#channel.appendLine(plain(`#${this.#number(id)} ${name}`));
    else this.#channel.appendLine(plain(`#${this.#number(id)} ${stateLine(row)} ${name}`));
  }

  log({ row, text }: BuildLog): void {
    const number = this.#number(row);
    for (const line of text.replace(/\n$/, '').split('\n'))
      this.#channel.appendLine(plain(`#${number}   ${line}`));
  }

  note(text: string): void {
    this.#channel.appendLine(plain(text));
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#channel.dispose();
  }

  #number(id: string): number {
    const known = this.#rows.get(id) ?? this.#rows.size + 1;
    this.#rows.set(id, known);
    return known;
  }
}

function stateLine({ state, started, completed, failure }: BuildRow): string {
  if (state === 'failed') return `ERROR: ${failure ?? ''}`;
  const seconds = started === undefined || completed === undefined ? undefined : (completed - started) / 1000;
  return state === 'done' && seconds !== undefined ? `DONE ${seconds.toFixed(1)}s` : state.toUpperCase();
}

/** Without the terminal's colours and movements; of a line that was drawn over, what was drawn last. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- it is the terminal's sequences that are taken away.
  const drawn = text.replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g, '');
  return drawn.replace(/\r$/, '').replace(/^.*\r/s, '');
}
