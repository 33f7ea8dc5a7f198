import type { EscapeCharacter, FlagWord, TextRange } from './ast.ts';
import { dropSpaces, isSpace, isWordBreak, skipSpaces } from './goText.ts';
import type { LogicalLine } from './logicalLine.ts';

/** The three parts of every instruction; ranges of the logical line. */
export interface CommandParts {
  readonly keyword: TextRange;
  readonly flags: readonly FlagWord[];
  /** What follows the flags, without blanks around it. */
  readonly rest: TextRange;
}

/** Takes `[start, end)` of a line apart as BuildKit does: every instruction may have flags, known or not. */
export function splitCommand(
  line: LogicalLine,
  start: number,
  end: number,
  escape: EscapeCharacter,
): CommandParts {
  const { text } = line;
  const first = skipSpaces(text, start, end);
  const last = dropSpaces(text, first, end);
  let at = first;
  while (at < last && !isWordBreak(text.charCodeAt(at))) at++;
  const keyword = { start: first, end: at };
  while (at < last && isWordBreak(text.charCodeAt(at))) at++;
  const { flags, rest } = text.startsWith('--', at)
    ? new FlagReader(line, { start: at, end: last }, escape).read()
    : { flags: [], rest: at };
  return { keyword, flags, rest: { start: skipSpaces(text, rest, last), end: last } };
}

/**
 * Reads the flags before the arguments. BuildKit walks over bytes here and writes each as a character, so that letters
 * beyond ASCII come out as two or more; a builder's message and a flag's value have them like that.
 */
class FlagReader {
  readonly #line: LogicalLine;
  readonly #end: number;
  readonly #escape: number;
  readonly #bytes: TextBytes;
  readonly #flags: FlagWord[] = [];
  #at = 0;

  constructor(line: LogicalLine, { start, end }: TextRange, escape: EscapeCharacter) {
    this.#line = line;
    this.#end = end;
    this.#escape = escape.charCodeAt(0);
    this.#bytes = bytesOf(line.text, start, end);
  }

  /** Flags, and where the arguments begin: at the first word without dashes, or behind a bare `--`. */
  read(): { readonly flags: readonly FlagWord[]; readonly rest: number } {
    while (this.#skipToFlag()) if (this.#readFlag() === '--') break;
    return { flags: this.#flags, rest: this.#offset(this.#at) };
  }

  #skipToFlag(): boolean {
    while (this.#at < this.#bytes.length && isSpace(this.#code(this.#at))) this.#at++;
    return this.#code(this.#at) === dash && this.#code(this.#at + 1) === dash;
  }

  #readFlag(): string {
    const start = this.#at;
    let text = '';
    let valueStart: number | undefined;
    let quote = 0;
    for (; this.#at < this.#bytes.length; this.#at++) {
      const code = this.#code(this.#at);
      if (quote === 0 && isSpace(code)) break;
      if (code === quote) quote = 0;
      else if (quote === 0 && isQuote(code)) quote = code;
      else if (code === this.#escape && ++this.#at === this.#bytes.length) break;
      else {
        if (this.#code(this.#at) === equals) valueStart ??= this.#at + 1;
        text += String.fromCharCode(this.#code(this.#at));
      }
    }
    if (text !== '--') this.#flags.push(this.#flagOf(text, start, valueStart));
    return text;
  }

  #flagOf(text: string, start: number, valueStart: number | undefined): FlagWord {
    const range = this.#range(start);
    if (valueStart === undefined) return { name: text.slice(2), text, range };
    const at = text.indexOf('=');
    const value = { text: text.slice(at + 1), range: this.#range(valueStart) };
    return { name: text.slice(2, at), value, text, range };
  }

  #range(start: number): TextRange {
    return this.#line.rangeOf(this.#offset(start), this.#offset(Math.min(this.#at, this.#bytes.length)));
  }

  #code(at: number): number {
    return this.#bytes.code(at);
  }

  #offset(at: number): number {
    return at < this.#bytes.length ? this.#bytes.offset(at) : this.#end;
  }
}

const dash = 0x2d;
const equals = 0x3d;

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27;
}

/** The bytes of a part of a text, and the code unit that each belongs to. */
interface TextBytes {
  readonly length: number;
  /** NaN behind the end. */
  code(at: number): number;
  offset(at: number): number;
}

function bytesOf(text: string, start: number, end: number): TextBytes {
  const part = text.slice(start, end);
  if (!beyondAscii.test(part))
    return { length: part.length, code: (at) => part.charCodeAt(at), offset: (at) => start + at };
  const bytes: number[] = [];
  const offsets: number[] = [];
  let at = start;
  for (const character of part) {
    for (const byte of Buffer.from(character)) {
      bytes.push(byte);
      offsets.push(at);
    }
    at += character.length;
  }
  return {
    length: bytes.length,
    code: (index) => bytes[index] ?? NaN,
    offset: (index) => offsets[index] ?? end,
  };
}

const beyondAscii = /[^\0-\x7f]/;
