/** A value of an HCL file; undefined of what is computed in a way that is not read. */
export type HclValue = string | boolean | readonly HclValue[] | HclObject | undefined;
export interface HclObject {
  readonly [key: string]: HclValue;
}

/** `target "app" { … }` */
export interface HclBlock {
  readonly kind: string;
  readonly label: string;
  readonly body: HclObject;
}

const longest = 2 ** 20;

/**
 * Reads the blocks of a bake file: attributes that are texts, booleans, numbers, lists and objects. An attribute that is
 * an expression (a function, a condition, a sum) is undefined; a block that cannot be followed ends the reading.
 */
export function parseHcl(text: string): readonly HclBlock[] {
  if (text.length > longest) return [];
  const reader = new HclReader(tokensOf(text));
  const blocks: HclBlock[] = [];
  for (let block = reader.block(); block !== undefined; block = reader.block()) blocks.push(block);
  return blocks;
}

type Token =
  | { readonly kind: 'word' | 'mark' | 'end'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string };

/** Line ends count: they end an attribute. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern =
    /(?:[ \t\r]+|#.*|\/\/.*|\/\*(?:[\s\S]*?\*\/|[\s\S]*))|(\n)|"((?:[^"\\\n]|\\.)*)"|([A-Za-z_][\w.-]*|-?\d[\w.]*)|(.)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, end, quoted, word, mark] = match;
    if (end !== undefined) tokens.push({ kind: 'end', text: '\n' });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unescaped(quoted) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char));
}

const deepest = 20;

class HclReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Undefined at the end. */
  block(): HclBlock | undefined {
    this.#skipEnds();
    const [kind, label, open] = [
      this.#tokens[this.#at],
      this.#tokens[this.#at + 1],
      this.#tokens[this.#at + 2],
    ];
    if (kind?.kind !== 'word') return undefined;
    if (label?.kind === 'text' && open?.text === '{') {
      this.#at += 3;
      return { kind: kind.text, label: label.text, body: this.#body(0) };
    }
    if (label?.text === '{') {
      this.#at += 2;
      return { kind: kind.text, label: '', body: this.#body(0) };
    }
    if (label?.text !== '=') return undefined;
    // An attribute of the file itself.
    this.#at += 2;
    return { kind: 'attribute', label: kind.text, body: { value: this.#value(0) } };
  }

  /** Up to the closing brace; keys with `=` or `:`, and blocks within, which are passed over. */
  #body(depth: number): HclObject {
    const entries: [string, HclValue][] = [];
    for (;;) {
      this.#skipEnds();
      const key = this.#tokens[this.#at++];
      if (key === undefined || key.text === '}' || depth > deepest) break;
      if (key.text === ',') continue;
      const next = this.#tokens[this.#at];
      if (next?.text === '=' || next?.text === ':') {
        this.#at++;
        entries.push([key.text, this.#value(depth)]);
      } else this.#skipBlock();
    }
    return Object.fromEntries(entries);
  }

  #value(depth: number): HclValue {
    const value = this.#simple(depth);
    const next = this.#tokens[this.#at];
    const isWhole = next === undefined || next.kind === 'end' || [',', '}', ']'].includes(next.text);
    if (isWhole) return value;
    this.#skipExpression();
    return undefined;
  }

  #simple(depth: number): HclValue {
    const token = this.#tokens[this.#at++];
    if (token === undefined || depth > deepest) return undefined;
    if (token.kind === 'text') return token.text;
    if (token.text === '[') return this.#list(depth + 1);
    if (token.text === '{') return this.#body(depth + 1);
    if (token.text === 'true' || token.text === 'false') return token.text === 'true';
    if (token.kind === 'word' && token.text !== 'null')
      return /^-?\d/.test(token.text) ? token.text : `\${${token.text}}`;
    return undefined;
  }

  #list(depth: number): HclValue {
    const items: HclValue[] = [];
    for (;;) {
      this.#skipEnds();
      const token = this.#tokens[this.#at];
      if (token === undefined) break;
      if (token.text === ']' && token.kind === 'mark') {
        this.#at++;
        break;
      }
      if (token.text === ',' && token.kind === 'mark') this.#at++;
      else items.push(this.#value(depth));
    }
    return items;
  }

  #skipBlock(): void {
    while (this.#at < this.#tokens.length && this.#tokens[this.#at]?.text !== '{') {
      if (this.#tokens[this.#at]?.kind === 'end') return;
      this.#at++;
    }
    this.#at++;
    this.#body(deepest);
  }

  /** To the end of the line or of the list that it stands in, brackets closed. */
  #skipExpression(): void {
    let open = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { kind, text } = this.#tokens[this.#at] ?? { kind: 'end', text: '' };
      if (open === 0 && (kind === 'end' || (kind === 'mark' && [',', '}', ']'].includes(text)))) return;
      if (kind === 'mark' && '([{'.includes(text)) open++;
      if (kind === 'mark' && ')]}'.includes(text)) open--;
    }
  }

  #skipEnds(): void {
    while (this.#tokens[this.#at]?.kind === 'end') this.#at++;
  }
}
