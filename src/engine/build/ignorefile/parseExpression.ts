/** One step of an expression: a set of characters, once or any number of times, or a fork. */
export interface Step {
  /** Undefined where no character can be taken. */
  readonly isIn: ((character: number) => boolean) | undefined;
  readonly isRepeated: boolean;
  /** Of a fork: how many of the next steps may be left out together. */
  readonly skips: number;
}

/** A set of characters, by their code points. */
type CharacterSet = (character: number) => boolean;

/**
 * The steps of an expression as `formOf` writes it, between `^` and `$`. Only what can stand there is read. Undefined when Go's
 * engine refuses it, or for what nobody writes: `\b`, `\Q`, `\p`.
 */
export function parseExpression(source: string): readonly Step[] | undefined {
  return new ExpressionReader(source.slice(1, -1)).read();
}

class ExpressionReader {
  readonly #source: string;
  readonly #steps: Step[] = [];
  #at = 0;
  #isRefused = false;

  constructor(source: string) {
    this.#source = source;
  }

  read(): readonly Step[] | undefined {
    while (this.#at < this.#source.length && !this.#isRefused) this.#readStep();
    return this.#isRefused ? undefined : this.#steps;
  }

  #readStep(): void {
    if (this.#take('(.*/)?')) this.#addDirectories();
    else if (this.#take('.*')) this.#add(isNoLineEnd, true);
    else if (this.#take('^')) this.#anchor();
    else this.#addSet(this.#take('[') ? this.#readClass() : this.#readCharacter());
  }

  /** Twice is the same as once. */
  #addDirectories(): void {
    if (this.#isOptional(this.#steps.length - 1)) return;
    this.#steps.push({ isIn: undefined, isRepeated: false, skips: 2 });
    this.#add(isNoLineEnd, true);
    this.#add(isSlash, false);
  }

  /** Only nothing can stand before the beginning. */
  #anchor(): void {
    const isOmitted = ({ isRepeated, skips }: Step, at: number): boolean =>
      isRepeated || skips > 0 || this.#isOptional(at);
    if (this.#steps.every(isOmitted)) this.#steps.length = 0;
    else this.#add(undefined, false);
  }

  /** Whether the step is the `/` of a `(.*‌/)?`. */
  #isOptional(at: number): boolean {
    return (this.#steps[at - 2]?.skips ?? 0) > 0;
  }

  #addSet(isIn: CharacterSet): void {
    this.#add(isIn, this.#take('*'));
  }

  #add(isIn: CharacterSet | undefined, isRepeated: boolean): void {
    this.#steps.push({ isIn, isRepeated, skips: 0 });
  }

  /** What follows the `[`. */
  #readClass(): CharacterSet {
    const isNegated = this.#take('^');
    const sets: CharacterSet[] = [];
    do {
      if (this.#at >= this.#source.length) return this.#refuse();
      sets.push(this.#readNamedClass() ?? this.#readClassEscape() ?? this.#readRange());
    } while (!this.#isRefused && !this.#take(']'));
    return (character) => sets.some((isIn) => isIn(character)) !== isNegated;
  }

  /** `[:alpha:]` */
  #readNamedClass(): CharacterSet | undefined {
    if (!this.#source.startsWith('[:', this.#at)) return undefined;
    const end = this.#source.indexOf(':]', this.#at + 2);
    if (end < 0) return undefined;
    const pattern = namedClasses.get(this.#source.slice(this.#at + 2, end));
    this.#at = end + 2;
    return pattern === undefined ? this.#refuse() : setOf(pattern);
  }

  /** `\d` and the like. */
  #readClassEscape(): CharacterSet | undefined {
    const pattern = perlClasses.get(this.#source.slice(this.#at, this.#at + 2));
    if (pattern === undefined) return undefined;
    this.#at += 2;
    return setOf(pattern);
  }

  #readRange(): CharacterSet {
    const low = this.#readCode();
    const isRange = this.#source.charAt(this.#at) === '-' && this.#source.charAt(this.#at + 1) !== ']';
    if (!isRange) return (character) => character === low;
    this.#at++;
    const high = this.#readCode();
    return high < low ? this.#refuse() : (character) => low <= character && character <= high;
  }

  #readCharacter(): CharacterSet {
    const named = this.#readClassEscape();
    if (named !== undefined) return named;
    const code = this.#readCode();
    return (character) => character === code;
  }

  #readCode(): number {
    if (this.#at >= this.#source.length) this.#refuse();
    const isEscaped = this.#take('\\');
    const code = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return isEscaped ? this.#escapedCode(code) : code;
  }

  #escapedCode(code: number): number {
    const character = String.fromCodePoint(code);
    if (code >= 0x80 || !/\w/.test(character) || character === '_')
      return code >= 0x80 ? this.#refuseCode() : code;
    const control = controls.get(character);
    if (control !== undefined) return control;
    return character === 'x' ? this.#readHex() : this.#readOctal(character);
  }

  #readHex(): number {
    const [found, braced, plain] = this.#match(/\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2})/y);
    this.#at += found?.length ?? 0;
    const code = parseInt(braced ?? plain ?? '', 16);
    return code <= 0x10ffff ? code : this.#refuseCode();
  }

  /** One digit other than 0 would be a reference, which Go does not have. */
  #readOctal(first: string): number {
    const [found = ''] = this.#match(/[0-7]{1,2}/y);
    if (!/[0-7]/.test(first) || (first !== '0' && found === '')) return this.#refuseCode();
    this.#at += found.length;
    return parseInt(first + found, 8);
  }

  #match(pattern: RegExp): readonly (string | undefined)[] {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source) ?? [];
  }

  #take(text: string): boolean {
    const isThere = this.#source.startsWith(text, this.#at);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #refuse(): CharacterSet {
    this.#isRefused = true;
    return isSlash;
  }

  #refuseCode(): number {
    this.#isRefused = true;
    return 0;
  }
}

function isSlash(character: number): boolean {
  return character === 0x2f;
}

function isNoLineEnd(character: number): boolean {
  return character !== 0x0a;
}

function setOf(pattern: RegExp): CharacterSet {
  return (character) => pattern.test(String.fromCodePoint(character));
}

const controls = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);

const perlClasses = new Map([
  ['\\d', /[0-9]/],
  ['\\D', /[^0-9]/u],
  ['\\s', /[\t\n\f\r ]/],
  ['\\S', /[^\t\n\f\r ]/u],
  ['\\w', /[0-9A-Za-z_]/],
  ['\\W', /[^0-9A-Za-z_]/u],
]);

const namedClasses = new Map([
  ['alnum', /[0-9A-Za-z]/],
  ['alpha', /[A-Za-z]/],
  ['ascii', /[\0-\x7f]/],
  ['blank', /[\t ]/],
  ['cntrl', /[^ -~\x80-\u{10ffff}]/u],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[\t-\r ]/],
  ['upper', /[A-Z]/],
  ['word', /[0-9A-Za-z_]/],
  ['xdigit', /[0-9A-Fa-f]/],
]);
