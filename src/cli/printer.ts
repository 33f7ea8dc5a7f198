import { escapeForDisplay, toText } from '../engine/index.ts';
import type { Output } from './host.ts';

const batchBytes = 64 * 1024;

/**
 * Prints a command's answer. Names and other text of an image are escaped on a terminal, so that they cannot drive
 * it; elsewhere they are written byte for byte. Lines are gathered into larger writes: call {@link flush} at the end.
 */
export class Printer {
  readonly #output: Output;
  readonly #isRaw: boolean;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(output: Output, isRaw: boolean) {
    this.#output = output;
    this.#isRaw = isRaw || !output.isTerminal;
  }

  get isTerminal(): boolean {
    return this.#output.isTerminal;
  }

  /** Columns of the terminal. */
  get columns(): number {
    return this.#output.columns;
  }

  /** A name or path of an image, to be put into a line. The line is then written with {@link bytesLine}. */
  name(name: string): string {
    return this.#isRaw ? name : utf8Bytes(escapeForDisplay(toText(name)));
  }

  /** Other text of an image, to be put into a line for {@link bytesLine}. */
  text(text: string): string {
    return utf8Bytes(this.#isRaw ? text : escapeForDisplay(text));
  }

  /** A line of our own text. */
  async line(text: string): Promise<void> {
    await this.bytesLine(utf8Bytes(text));
  }

  /** Text of our own without a line's end. */
  async put(text: string): Promise<void> {
    await this.bytes(Buffer.from(text));
  }

  /** JSON, and other text with an image's own in it. On a terminal all is escaped but the line breaks. */
  async block(text: string): Promise<void> {
    await this.put(this.#isRaw ? text : text.split('\n').map(escapeForDisplay).join('\n'));
  }

  /** A line whose characters stand for bytes. */
  async bytesLine(bytes: string): Promise<void> {
    await this.bytes(Buffer.from(`${bytes}\n`, 'latin1'));
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= batchBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.#output.write(bytes);
  }
}

function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
