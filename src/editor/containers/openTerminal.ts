import type { Duplex } from 'node:stream';
import * as vscode from 'vscode';
import { type EngineClient, type EngineContainer, isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { failureText, isCancelled, logFailure } from '../failures.ts';
import { oneLine } from '../text.ts';
import { chooseContainers } from './chooseContainers.ts';
import { containerName } from '../containerNodes.ts';
import { TerminalOutput } from './terminalOutput.ts';

/** Where shells lie, the best first; `/busybox` is that of distroless images' debug variants. */
const shells = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/bin/sh', '/usr/bin/sh', '/busybox/sh'];

/** Opens a shell in a running container, through the engine: no program of this machine takes part. */
export async function openTerminal(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Open Terminal');
  const chosen = await chooseContainers(context, args, title, ({ state }) => state === 'running');
  for (const { engine, container } of chosen) {
    const terminal = vscode.window.createTerminal({
      name: oneLine(containerName(container)),
      iconPath: new vscode.ThemeIcon('vm-running'),
      isTransient: true,
      pty: new ContainerTerminal(engine.client, container, context.log),
    });
    terminal.show();
  }
}

/** The first shell that a container has; undefined when it has none. */
export async function findShell(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const shell of shells) {
    try {
      await client.statArchive(id, shell, { signal });
      return shell;
    } catch (error) {
      if (!isEngineError(error, 'not-found')) throw error;
    }
  }
  return undefined;
}

class ContainerTerminal implements vscode.Pseudoterminal {
  readonly #client: EngineClient;
  readonly #container: EngineContainer;
  readonly #log: vscode.LogOutputChannel;
  readonly #output = new TerminalOutput(false);
  readonly #closed = new vscode.EventEmitter<number | undefined>();
  readonly #abort = new AbortController();
  #size: vscode.TerminalDimensions | undefined;
  #exec: string | undefined;
  #stream: Duplex | undefined;
  #isOver = false;

  readonly onDidWrite = this.#output.onDidWrite;
  readonly onDidClose = this.#closed.event;

  constructor(client: EngineClient, container: EngineContainer, log: vscode.LogOutputChannel) {
    this.#client = client;
    this.#container = container;
    this.#log = log;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    this.#size = size;
    void this.#run();
  }

  close(): void {
    this.#abort.abort();
    this.#stream?.destroy();
    this.#output.dispose();
    this.#closed.dispose();
  }

  handleInput(data: string): void {
    if (this.#isOver) this.#closed.fire(undefined);
    else this.#stream?.write(data);
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.#size = size;
    void this.#resize();
  }

  async #run(): Promise<void> {
    try {
      const code = await this.#runShell();
      if (code === undefined) return;
      this.#output.flush();
      this.#closed.fire(code);
    } catch (error) {
      if (this.#abort.signal.aborted || isCancelled(error)) return;
      logFailure(error, this.#log);
      this.#end(failureText(error));
    }
  }

  /** @returns the exit code; undefined when no shell ran. */
  async #runShell(): Promise<number | undefined> {
    const { signal } = this.#abort;
    const shell = await findShell(this.#client, this.#container.id, signal);
    if (shell === undefined) {
      this.#end(
        vscode.l10n.t(
          '{0} has no shell, so no terminal can be opened in it. Its files can be seen in its image.',
          oneLine(containerName(this.#container)),
        ),
      );
      return undefined;
    }
    this.#exec = await this.#client.createExec(
      this.#container.id,
      { command: [shell], tty: true, stdin: true, env: ['TERM=xterm-256color'] },
      { signal },
    );
    this.#stream = await this.#client.startExec(this.#exec, { tty: true, signal });
    void this.#resize();
    for await (const chunk of this.#stream) this.#output.bytes(chunk as Uint8Array);
    return (await this.#client.inspectExec(this.#exec, { signal })).exitCode ?? 0;
  }

  /** Says why there is nothing to type into; the next key closes the terminal. */
  #end(text: string): void {
    this.#isOver = true;
    this.#output.note(`${text} ${vscode.l10n.t('Press a key to close the terminal.')}`);
  }

  /** The engine only knows the size of what has started. A size that comes too late is of no matter. */
  async #resize(): Promise<void> {
    if (this.#exec === undefined || this.#stream === undefined || this.#size === undefined) return;
    const { columns, rows } = this.#size;
    await this.#client
      .resizeExec(this.#exec, columns, rows, { signal: this.#abort.signal })
      .catch(() => undefined);
  }
}
