/**
 * Texts as Go's `strings` and `unicode` packages see them, where JavaScript sees them otherwise: what a blank is
 * (U+0085 is one, a byte order mark is none), and how a text is quoted.
 */

/** Whether Go's `unicode.IsSpace` holds for the code unit. */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return otherSpaces.has(code) || (code >= 0x2000 && code <= 0x200a);
}

const otherSpaces = new Set([0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]);

/** The blanks that BuildKit's parser splits words at: `[\t\v\f\r ]`. */
export function isWordBreak(code: number): boolean {
  return code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);
}

/** The first offset in `[start, end)` that holds no blank, or `end`. */
export function skipSpaces(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The end of `[start, end)` without the blanks before it. */
export function dropSpaces(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

/** Go's `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  const start = skipSpaces(text, 0, text.length);
  return text.slice(start, dropSpaces(text, start, text.length));
}

/** The text in double quotes as Go's `%q` writes it. */
export function goQuote(text: string): string {
  return `"${Array.from(text, quotedCharacter).join('')}"`;
}

function quotedCharacter(character: string): string {
  const named = namedEscapes.get(character);
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x7f || isPrintable.test(character)) return character;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

const namedEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

const isPrintable = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;
