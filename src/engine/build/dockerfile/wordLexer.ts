import { type Substitution, withReplaced, withoutPrefix, withoutSuffix } from './substitutions.ts';
import { WordPieces } from './wordPieces.ts';
import type { SplitWord, Variables, WordRules } from './wordRules.ts';

/** Longer results are refused: `ENV A=$A$A` in a row would double without end. */
const maxLength = 1 << 20;
/** Substitutions inside substitutions; more would only exhaust the stack. */
const maxDepth = 100;

const tooMuch = 'the substitutions of this file are too much to follow';

/** A part of the result; undefined when the word is refused. */
type Part = string | undefined;

/**
 * Reads one word as BuildKit's shell lexer does: quotes, escapes, `$name` and `${name…}`. What reads gives undefined
 * when the word is refused, and then `failure` says why and the lexer is of no more use.
 */
export class WordLexer {
  readonly used = new Set<string>();
  readonly unset = new Set<string>();
  failure = '';

  readonly #source: string;
  readonly #variables: Variables;
  readonly #rules: WordRules;
  readonly #pieces = new WordPieces();
  #keepsEscapes: boolean;
  #at = 0;
  #depth = 0;
  #substituted = 0;

  constructor(source: string, variables: Variables, rules: WordRules) {
    this.#source = source;
    this.#variables = variables;
    this.#rules = rules;
    this.#keepsEscapes = rules.keepsEscapes ?? false;
    if (source.startsWith('\uFEFF')) this.#at = 1;
  }

  /** The pieces between blanks, once the word was read. */
  get words(): readonly SplitWord[] {
    return this.#pieces.words;
  }

  /** The whole word. */
  read(): Part {
    let text = '';
    while (this.#at < this.#source.length) {
      const start = this.#at;
      const part = this.#readPart(undefined);
      if (part === undefined) return undefined;
      text += part;
      this.#addPiece(part, start);
    }
    this.#pieces.finish();
    return text;
  }

  #addPiece(part: string, start: number): void {
    const first = this.#source.charAt(start);
    if (first === '$') this.#pieces.addValue(part, start, this.#at);
    else if (this.#isMark(first)) this.#pieces.addWhole(part, start, this.#at);
    else this.#pieces.addPlain(part, start);
  }

  /** The word of a substitution, up to the mark that ends it. */
  #readWord(stop: string, keepsEscapes: boolean): Part {
    const outer = this.#keepsEscapes;
    this.#keepsEscapes = keepsEscapes;
    this.#pieces.forget();
    const text = this.#readUntil(stop);
    this.#keepsEscapes = outer;
    return text;
  }

  #readUntil(stop: string): Part {
    let text = '';
    while (this.#at < this.#source.length) {
      if (this.#source.charAt(this.#at) === stop) {
        this.#at++;
        return text;
      }
      const part = this.#readPart(stop);
      if (part === undefined) return undefined;
      text += part;
    }
    return this.#refuse(`unexpected end of statement while looking for matching ${stop}`);
  }

  #readPart(stop: string | undefined): Part {
    const first = this.#source.charAt(this.#at);
    if (!this.#isMark(first)) return this.#readPlain(stop);
    if (first === '$') return this.#readDollar();
    if (first === '<') return this.#readArrows();
    if (first === this.#rules.escape) return this.#readEscaped();
    return first === '"' ? this.#readDoubleQuoted() : this.#readSingleQuoted();
  }

  #isMark(character: string): boolean {
    if (character === '$' || character === '<' || character === this.#rules.escape) return true;
    return (character === '"' || character === "'") && this.#rules.ignoresQuotes !== true;
  }

  #readPlain(stop: string | undefined): string {
    const start = this.#at;
    do this.#at++;
    while (this.#at < this.#source.length && this.#isPlain(this.#source.charAt(this.#at), stop));
    return this.#source.slice(start, this.#at);
  }

  #isPlain(character: string, stop: string | undefined): boolean {
    return character !== stop && !this.#isMark(character);
  }

  /** An escape character at the end of the word is dropped. */
  #readEscaped(): string {
    const kept = this.#keepsEscapes ? this.#rules.escape : '';
    this.#at++;
    return kept + this.#next();
  }

  /** `<`, or `<<` with the blanks behind it, so that `<< EOF` is one piece. */
  #readArrows(): string {
    const start = this.#at++;
    if (this.#source.charAt(this.#at) !== '<') return '<';
    do this.#at++;
    while (arrowBlanks.has(this.#source.charAt(this.#at)));
    return this.#source.slice(start, this.#at);
  }

  #readSingleQuoted(): Part {
    const end = this.#source.indexOf("'", this.#at + 1);
    if (end < 0)
      return this.#refuseAtEnd('unexpected end of statement while looking for matching single-quote');
    const text = this.#source.slice(this.#at + 1, end);
    this.#at = end + 1;
    return this.#rules.keepsQuotes === true ? `'${text}'` : text;
  }

  #readDoubleQuoted(): Part {
    let text = '';
    for (this.#at++; this.#at < this.#source.length;) {
      const first = this.#source.charAt(this.#at);
      if (first === '"') {
        this.#at++;
        return this.#rules.keepsQuotes === true ? `"${text}"` : text;
      }
      const part = this.#readQuotedPart(first);
      if (part === undefined) return undefined;
      text += part;
    }
    return this.#refuse('unexpected end of statement while looking for matching double-quote');
  }

  #readQuotedPart(first: string): Part {
    if (first === '$') return this.#readDollar();
    if (first === this.#rules.escape) return this.#readQuotedEscape(first);
    const start = this.#at;
    do this.#at++;
    while (this.#at < this.#source.length && !this.#isQuotedMark(this.#source.charAt(this.#at)));
    return this.#source.slice(start, this.#at);
  }

  /** Between double quotes only the quote, the dollar and the escape character itself can be escaped. */
  #readQuotedEscape(escape: string): string {
    const kept = this.#keepsEscapes ? escape : '';
    this.#at++;
    if (this.#at === this.#source.length) return kept;
    return kept + (this.#isQuotedMark(this.#source.charAt(this.#at)) ? this.#next() : escape);
  }

  #isQuotedMark(character: string): boolean {
    return character === '"' || character === '$' || character === this.#rules.escape;
  }

  #readDollar(): Part {
    if (++this.#depth > maxDepth) return this.#refuse('substitutions are nested too deeply');
    this.#at++;
    const value = this.#source.charAt(this.#at) === '{' ? this.#readBraces() : this.#readBareName();
    this.#depth--;
    this.#substituted += value?.length ?? 0;
    if (this.#substituted > maxLength) return this.#refuse('the result is too long');
    return this.#spend(value?.length ?? 0) ? value : this.#refuse(tooMuch);
  }

  #readBareName(): string {
    const name = this.#readName();
    if (name === '') return '$';
    return this.#look(name) ?? this.#unsetText(`$${name}`);
  }

  #readBraces(): Part {
    this.#at++;
    if (this.#at >= this.#source.length) return this.#refuse("syntax error: missing '}'");
    if ('{}:'.includes(this.#source.charAt(this.#at))) return this.#refuse('syntax error: bad substitution');
    const name = this.#readName();
    const mark = this.#next();
    if (mark === '}') return this.#look(name) ?? this.#unsetText(`\${${name}}`);
    if (mark === ':') return this.#readModifier(name, this.#next(), true);
    if (mark === '/') return this.#readReplacement(name);
    if (mark !== '' && '+-?#%'.includes(mark)) return this.#readModifier(name, mark, false);
    return this.#refuseModifier(mark);
  }

  #readModifier(name: string, mark: string, isEmptyUnset: boolean): Part {
    const isPattern = mark === '#' || mark === '%';
    if (isPattern && isEmptyUnset) return this.#refuseModifier(`:${mark}`);
    const word = this.#readWord('}', isPattern) ?? this.#refuseUnclosed("syntax error: missing '}'");
    if (word === undefined) return undefined;
    const value = this.#look(name);
    const shown = `${isEmptyUnset ? ':' : ''}${mark}`;
    if (value === undefined && this.#rules.keepsUnset === true) return `\${${name}${shown}${word}}`;
    if (isPattern && !this.#spend(word.length * (value?.length ?? 0))) return this.#refuse(tooMuch);
    if (isPattern) return this.#take(withoutPattern(mark, word, value ?? ''));
    const isSet = value !== undefined && !(isEmptyUnset && value === '');
    if (mark === '-') return isSet ? value : word;
    if (mark === '+') return isSet ? word : '';
    if (mark !== '?') return this.#refuseModifier(shown);
    return isSet ? value : this.#refuse(`${name}: ${word === '' ? missingMessage(value) : word}`);
  }

  #readReplacement(name: string): Part {
    const isAll = this.#source.charAt(this.#at) === '/';
    if (isAll) this.#at++;
    const pattern = this.#readWord('/', true) ?? this.#refuseUnclosed("syntax error: missing '/' in ${}");
    if (pattern === undefined) return undefined;
    const replacement = this.#readWord('}', true) ?? this.#refuseUnclosed("syntax error: missing '}'");
    if (replacement === undefined) return undefined;
    const value = this.#look(name);
    if (value === undefined && this.#rules.keepsUnset === true)
      return `\${${name}/${pattern}/${replacement}}`;
    if (!this.#spend((pattern.length + replacement.length) * (value?.length ?? 0)))
      return this.#refuse(tooMuch);
    return this.#take(withReplaced(pattern, value ?? '', replacement, isAll));
  }

  /** Letters, digits and `_`; a number; or one of the shell's special parameters. */
  #readName(): string {
    nameGrammar.lastIndex = this.#at;
    const name = nameGrammar.exec(this.#source)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #look(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unset : this.used).add(name);
    return value;
  }

  #unsetText(written: string): string {
    return this.#rules.keepsUnset === true ? written : '';
  }

  /** The next character, which may be two code units; empty at the end. */
  #next(): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined) return '';
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character;
  }

  /** Whether the file's words may take so much more. */
  #spend(characters: number): boolean {
    const { effort } = this.#rules;
    if (effort === undefined) return true;
    effort.left -= characters;
    return effort.left >= 0;
  }

  #take(substitution: Substitution): Part {
    return 'failure' in substitution ? this.#refuse(substitution.failure) : substitution.value;
  }

  #refuse(why: string): Part {
    this.failure = why;
    return undefined;
  }

  #refuseAtEnd(why: string): Part {
    this.#at = this.#source.length;
    return this.#refuse(why);
  }

  #refuseModifier(shown: string): Part {
    return this.#refuse(`unsupported modifier (${shown}) in substitution`);
  }

  /** A word that ends with the text is said to be unclosed, whatever else was wrong with it. */
  #refuseUnclosed(why: string): Part {
    return this.#at >= this.#source.length ? this.#refuse(why) : undefined;
  }
}

function withoutPattern(mark: string, word: string, value: string): Substitution {
  const isGreedy = word.startsWith(mark);
  const pattern = isGreedy ? word.slice(1) : word;
  return mark === '#' ? withoutPrefix(pattern, value, isGreedy) : withoutSuffix(pattern, value, isGreedy);
}

function missingMessage(value: string | undefined): string {
  return value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty';
}

const arrowBlanks = new Set(['\t', '\r', ' ']);

const nameGrammar = /\p{Nd}+|[@*#?\-$!]|[\p{L}\p{Nd}_]*/uy;
