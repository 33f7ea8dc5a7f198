import { isSpace } from './goText.ts';
import type { SplitWord } from './wordRules.ts';

/** Puts the pieces between blanks together while a word is read. */
export class WordPieces {
  readonly words: SplitWord[] = [];
  #text = '';
  #start = 0;
  #end = 0;

  /** Text of the source, whose blanks split. */
  addPlain(text: string, start: number): void {
    for (let at = 0; at < text.length; at++) {
      if (isSpace(text.charCodeAt(at))) this.finish();
      else this.addWhole(text.charAt(at), start + at, start + at + 1);
    }
  }

  /** The value of a variable that stands there; its blanks split too. */
  addValue(value: string, start: number, end: number): void {
    for (let at = 0; at < value.length; at++) {
      if (isSpace(value.charCodeAt(at))) this.finish();
      else this.addWhole(value.charAt(at), start, end);
    }
  }

  /** Quoted or escaped text: its blanks are part of the piece. */
  addWhole(text: string, start: number, end: number): void {
    if (this.#text === '') this.#start = start;
    this.#text += text;
    this.#end = end;
  }

  /** Ends the piece, if one has begun. */
  finish(): void {
    if (this.#text === '') return;
    this.words.push({ text: this.#text, start: this.#start, end: this.#end });
    this.#text = '';
  }

  /** Forgets what has begun: BuildKit does when a substitution has a word of its own, `a${b:-c}`. */
  forget(): void {
    this.#text = '';
  }
}
