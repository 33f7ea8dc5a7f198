import { escapeForDisplay, type Logger } from '../engine/index.ts';
import type { Output } from './host.ts';

/** What the engine does, on stderr, for `--verbose`. The engine logs no secrets. */
export class StderrLog implements Logger {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  trace(): void {
    // More than a person wants to read.
  }

  debug(message: string): void {
    this.#line(message);
  }

  info(message: string): void {
    this.#line(message);
  }

  warn(message: string): void {
    this.#line(`warning: ${message}`);
  }

  error(message: string): void {
    this.#line(`error: ${message}`);
  }

  #line(message: string): void {
    // A terminal that is gone has nobody to tell.
    this.#output.write(`lamina: ${escapeForDisplay(message)}\n`).catch(() => undefined);
  }
}
