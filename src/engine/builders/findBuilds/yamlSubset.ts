/** A value of a YAML document. Scalars are texts, as what they mean is asked for by who reads them; null is empty. */
export type YamlValue = string | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

const mostLines = 20_000;
/** Of a line; more is not written by hand, and would take long to be taken apart. */
const longestLine = 10_000;
const deepest = 40;

/**
 * Reads the part of YAML in which people write compose files: mappings and lists by indentation or on one line, quoted and
 * plain scalars, block scalars, comments, anchors, aliases and `<<` merges. Of several documents the first is read. Undefined
 * of anything else: tags, flow values of several lines, complex keys.
 */
export function parseYaml(text: string): YamlValue | undefined {
  try {
    return new YamlReader(text).read();
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}

/** What is beyond the subset. Goes no further than this file. */
class NotRead extends Error {}

interface Line {
  readonly indent: number;
  readonly text: string;
}

class YamlReader {
  readonly #lines: readonly string[];
  readonly #anchors = new Map<string, YamlValue>();
  #at = 0;

  constructor(text: string) {
    this.#lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    const isLong = this.#lines.some(({ length }) => length > longestLine);
    if (this.#lines.length > mostLines || isLong) throw new NotRead();
  }

  read(): YamlValue {
    while (/^(?:%|---\s*(?:#|$))/.test(this.#lines[this.#at] ?? '')) this.#at++;
    const first = this.#peek();
    return first === undefined ? '' : this.#block(first.indent, 0);
  }

  /** The next line that says something; undefined at the end. */
  #peek(): Line | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const raw = this.#lines[this.#at] ?? '';
      if (/^(?:---|\.\.\.)(?:\s|$)/.test(raw)) return undefined;
      const text = withoutComment(raw).trimEnd();
      if (text.trim() === '') continue;
      const indent = text.length - text.trimStart().length;
      if (text.slice(0, indent).includes('\t')) throw new NotRead();
      return { indent, text: text.slice(indent) };
    }
    return undefined;
  }

  #block(indent: number, depth: number): YamlValue {
    if (depth > deepest) throw new NotRead();
    const first = this.#peek();
    if (first === undefined || first.indent < indent) return '';
    if (/^-(?:\s|$)/.test(first.text)) return this.#list(first.indent, depth);
    if (splitKey(first.text) === undefined) {
      this.#at++;
      return this.#inline(first.text);
    }
    return this.#map(first.indent, depth);
  }

  #list(indent: number, depth: number): YamlValue {
    const items: YamlValue[] = [];
    for (let line = this.#peek(); line?.indent === indent; line = this.#peek()) {
      const match = /^-(\s+|$)(.*)$/.exec(line.text);
      if (match === null) break;
      const [, gap = '', rest = ''] = match;
      items.push(this.#item(indent + 1 + gap.length, rest, depth));
    }
    return items;
  }

  /** What follows a dash may be a mapping whose other keys stand below its first. */
  #item(indent: number, rest: string, depth: number): YamlValue {
    if (splitKey(rest) === undefined || /^[[{"'&*|>!]/.test(rest))
      return this.#value(rest, indent - 1, depth);
    return this.#map(indent, depth, rest);
  }

  #map(indent: number, depth: number, begun?: string): YamlMap {
    const entries = new Map<string, YamlValue>();
    let text = begun;
    for (;;) {
      const line = text === undefined ? this.#peek() : { indent, text };
      if (line?.indent !== indent) break;
      const pair = splitKey(line.text);
      if (pair === undefined) throw new NotRead();
      const value = this.#value(pair.value, indent, depth);
      if (pair.key === '<<')
        for (const [key, each] of mergedEntries(value)) if (!entries.has(key)) entries.set(key, each);
      if (pair.key !== '<<') entries.set(pair.key, value);
      text = undefined;
    }
    return Object.fromEntries(entries);
  }

  /** @param text what stands behind a key or a dash; the line is still to be left. */
  #value(text: string, indent: number, depth: number): YamlValue {
    this.#at++;
    const anchor = /^&(\S+)\s*(.*)$/.exec(text);
    const rest = anchor?.[2] ?? text;
    const value = this.#plainValue(rest, indent, depth);
    if (anchor?.[1] !== undefined) this.#anchors.set(anchor[1], value);
    return value;
  }

  #plainValue(text: string, indent: number, depth: number): YamlValue {
    if (/^[|>][-+0-9]*$/.test(text)) return this.#blockScalar(indent);
    if (text !== '') return this.#inline(text);
    const next = this.#peek();
    if (next === undefined) return '';
    // A list may stand as far left as its key.
    const isBelow = next.indent > indent || (next.indent === indent && /^-(?:\s|$)/.test(next.text));
    return isBelow ? this.#block(next.indent, depth + 1) : '';
  }

  #blockScalar(indent: number): string {
    const lines: string[] = [];
    for (; this.#at < this.#lines.length; this.#at++) {
      const raw = this.#lines[this.#at] ?? '';
      const isBelow = raw.trim() === '' || raw.length - raw.trimStart().length > indent;
      if (!isBelow) break;
      lines.push(raw.trim());
    }
    return lines.join('\n');
  }

  #inline(text: string): YamlValue {
    if (text.startsWith('*')) return this.#anchors.get(text.slice(1).trim()) ?? '';
    if (/^(?:!|[?-] )/.test(text)) throw new NotRead();
    const flow = new FlowReader(text);
    const value = flow.value(0);
    if (!flow.isAtEnd) throw new NotRead();
    return value;
  }
}

/** Values on one line: `[a, "b"]`, `{a: 1}`, `'it''s'`. */
class FlowReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#text.slice(this.#at).trim() === '';
  }

  value(depth: number, ends = ''): YamlValue {
    if (depth > deepest) throw new NotRead();
    this.#skip();
    const start = this.#text[this.#at];
    if (start === '[') return this.#list(depth);
    if (start === '{') return this.#map(depth);
    if (start === '"' || start === "'") return this.#quoted(start);
    return this.#plain(ends);
  }

  #list(depth: number): YamlValue {
    const items: YamlValue[] = [];
    this.#at++;
    while (!this.#takes(']')) {
      items.push(this.value(depth + 1, ',]'));
      if (!this.#takes(',') && !this.#isAt(']')) throw new NotRead();
    }
    return items;
  }

  #map(depth: number): YamlMap {
    const entries: [string, YamlValue][] = [];
    this.#at++;
    while (!this.#takes('}')) {
      const key = this.value(depth + 1, ':,}');
      if (typeof key !== 'string') throw new NotRead();
      entries.push([key, this.#takes(':') ? this.value(depth + 1, ',}') : '']);
      if (!this.#takes(',') && !this.#isAt('}')) throw new NotRead();
    }
    return Object.fromEntries(entries);
  }

  #quoted(quote: string): string {
    const pattern = quote === '"' ? /"((?:[^"\\]|\\.)*)"/y : /'((?:[^']|'')*)'/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new NotRead();
    this.#at = pattern.lastIndex;
    const inner = match[1] ?? '';
    if (quote === "'") return inner.replaceAll("''", "'");
    return inner.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : char));
  }

  #plain(ends: string): string {
    let end = this.#at;
    while (end < this.#text.length && !ends.includes(this.#text[end] ?? '')) end++;
    const text = this.#text.slice(this.#at, end).trim();
    this.#at = end;
    return text === '~' || text === 'null' ? '' : text;
  }

  #takes(char: string): boolean {
    if (!this.#isAt(char)) {
      if (this.#at >= this.#text.length) throw new NotRead();
      return false;
    }
    this.#at++;
    return true;
  }

  #isAt(char: string): boolean {
    this.#skip();
    return this.#text[this.#at] === char;
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }
}

/** `key: value`; the key may be quoted. Undefined of a scalar. */
function splitKey(text: string): { readonly key: string; readonly value: string } | undefined {
  const match =
    /^(?:"([^"\\]*)"|'([^']*)'|([^\s\-?:,[\]{}#&*!|>'"%@`][^:#]*?|-[^\s:#][^:#]*?))\s*:(?:\s+(.*))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  return { key: match[1] ?? match[2] ?? match[3] ?? '', value: (match[4] ?? '').trim() };
}

function mergedEntries(value: YamlValue): readonly (readonly [string, YamlValue])[] {
  if (typeof value === 'string') return [];
  const maps: readonly YamlValue[] = isList(value) ? value : [value];
  return maps.flatMap((each) => (typeof each === 'string' || isList(each) ? [] : Object.entries(each)));
}

export function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** A `#` begins a comment after a blank, outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quote !== '') {
      if (char === '\\' && quote === '"') at++;
      else if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && (at === 0 || ' \t:[{,-'.includes(line[at - 1] ?? '')))
      quote = char;
    else if (char === '#' && (at === 0 || /\s/.test(line[at - 1] ?? ''))) return line.slice(0, at);
  }
  return line;
}
