import * as vscode from 'vscode';

const flushMs = 16;
/** More than this between two drawings is nothing a person reads; the oldest of it is left out. */
const mostPending = 256 * 1024;

/**
 * What a terminal shows, gathered: a container that floods its output neither blocks the window nor fills its memory.
 * Bytes are UTF-8, and a character may come in two pieces.
 */
export class TerminalOutput {
  readonly #written = new vscode.EventEmitter<string>();
  readonly #decoder = new TextDecoder();
  readonly #linesNeedReturn: boolean;
  #pending: string[] = [];
  #size = 0;
  #left = 0;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidWrite = this.#written.event;

  /** @param linesNeedReturn whether lines end with a line feed alone, as where no terminal made them. */
  constructor(linesNeedReturn: boolean) {
    this.#linesNeedReturn = linesNeedReturn;
  }

  bytes(bytes: Uint8Array): void {
    this.text(this.#decoder.decode(bytes, { stream: true }));
  }

  text(text: string): void {
    const shown = this.#linesNeedReturn ? text.replace(/\r?\n/g, '\r\n') : text;
    this.#pending.push(shown);
    this.#size += shown.length;
    while (this.#size > mostPending && this.#pending.length > 1) this.#leaveOut();
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, flushMs);
  }

  /** A line of ours, told apart from the container's. */
  note(text: string): void {
    this.text(`\r\n\u001b[2m${text}\u001b[0m\r\n`);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#left > 0)
      this.#pending.unshift(
        `\r\n\u001b[2m${vscode.l10n.t('{0} characters came too fast and are left out.', this.#left)}\u001b[0m\r\n`,
      );
    this.#written.fire(this.#pending.join(''));
    this.#pending = [];
    this.#size = this.#left = 0;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#written.dispose();
  }

  #leaveOut(): void {
    const oldest = this.#pending.shift() ?? '';
    this.#size -= oldest.length;
    this.#left += oldest.length;
  }
}
