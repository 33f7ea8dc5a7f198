import * as vscode from 'vscode';
import { type EngineContainer } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { failureText, isCancelled, logFailure } from '../failures.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { oneLine } from '../text.ts';
import { chooseContainers } from './chooseContainers.ts';
import { containerName } from '../containerNodes.ts';
import { TerminalOutput } from './terminalOutput.ts';

/** Lines from before that are shown at first. */
const tail = 1000;

/** Shows what containers write, and goes on as they write more. */
export async function showLogs(context: EditorContext, args: readonly unknown[]): Promise<void> {
  for (const { engine, container } of await chooseContainers(context, args, vscode.l10n.t('Show Logs'))) {
    const terminal = vscode.window.createTerminal({
      name: vscode.l10n.t('Logs: {0}', oneLine(containerName(container))),
      iconPath: new vscode.ThemeIcon('output'),
      isTransient: true,
      pty: new LogTerminal(engine, container, context.log),
    });
    terminal.show();
  }
}

/** A terminal that only shows. Enter follows again after the container stopped. */
class LogTerminal implements vscode.Pseudoterminal {
  readonly #engine: KnownEngine;
  readonly #container: EngineContainer;
  readonly #log: vscode.LogOutputChannel;
  readonly #output = new TerminalOutput(true);
  #abort = new AbortController();
  #isFollowing = false;
  #sinceSeconds: number | undefined;

  readonly onDidWrite = this.#output.onDidWrite;

  constructor(engine: KnownEngine, container: EngineContainer, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#container = container;
    this.#log = log;
  }

  open(): void {
    void this.#follow();
  }

  close(): void {
    this.#abort.abort();
    this.#output.dispose();
  }

  handleInput(data: string): void {
    if (data === '\r' && !this.#isFollowing) void this.#follow();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    this.#abort = new AbortController();
    try {
      await this.#read(this.#abort.signal);
      this.#output.note(vscode.l10n.t('The container stopped. Press Enter to follow it again.'));
    } catch (error) {
      if (this.#abort.signal.aborted || isCancelled(error)) return;
      logFailure(error, this.#log);
      this.#output.note(`${failureText(error)} ${vscode.l10n.t('Press Enter to try again.')}`);
    } finally {
      this.#isFollowing = false;
      this.#sinceSeconds = Math.floor(Date.now() / 1000);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const since = this.#sinceSeconds;
    const options = since === undefined ? { tail } : { since };
    const chunks = this.#engine.client.logs(this.#container.id, { ...options, follow: true, signal });
    for await (const { bytes } of chunks) this.#output.bytes(bytes);
  }
}
