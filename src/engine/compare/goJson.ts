/**
 * A value as Go's `json.Marshal` writes it: on one line, `<`, `>` and `&` escaped.
 */
export function goJson(value: unknown): string {
  const text = separatorsEscaped(JSON.stringify(wellFormed(value)));
  return text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/**
 * A value as docker's CLI prints it from the engine's answer: indented by four, without escapes for HTML. Objects whose
 * keys look like numbers are free maps (labels), which Go writes in the order of their keys' bytes; JavaScript would
 * put those keys first, by value.
 */
export function goIndentedJson(value: unknown): string {
  return separatorsEscaped(indented(wellFormed(value), '\n'));
}

/** Compares texts as Go does, by their UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function indented(value: unknown, newline: string): string {
  const inner = `${newline}    `;
  if (Array.isArray(value)) {
    const items = (value as readonly unknown[]).map((item) => indented(item, inner));
    return items.length === 0 ? '[]' : `[${inner}${items.join(`,${inner}`)}${newline}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = orderedEntries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${indented(item, inner)}`,
  );
  return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${newline}}`;
}

function orderedEntries(value: object): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(value);
  const hasNumbers = entries.some(([key]) => /^\d+$/.test(key));
  return hasNumbers ? entries.sort(([a], [b]) => compareBytes(a, b)) : entries;
}

function separatorsEscaped(json: string): string {
  return json.replace(/[\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** Unpaired surrogates become U+FFFD, as Go reads them; they could not be written as UTF-8. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return toWellFormed(value);
  if (Array.isArray(value)) return (value as readonly unknown[]).map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [toWellFormed(key), wellFormed(item)]),
  );
}

/** The text as it comes back from UTF-8. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
