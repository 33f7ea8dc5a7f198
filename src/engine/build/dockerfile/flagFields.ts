export interface Field {
  readonly text: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** `KEY=VALUE` or `KEY`, with commas between them and quotes as in CSV; keys in lower case. Undefined of what is no CSV. */
export function splitFields(text: string): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at <= text.length;) {
    const field = text.charAt(at) === '"' ? quotedField(text, at) : plainField(text, at);
    if (field === undefined) return undefined;
    fields.push(toField(field.text));
    at = field.end + 1;
  }
  return fields;
}

function plainField(
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const comma = text.indexOf(',', start);
  const end = comma < 0 ? text.length : comma;
  const field = text.slice(start, end);
  return field.includes('"') ? undefined : { text: field, end };
}

/** Two quotes are one. */
function quotedField(
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  const quoted = /"((?:[^"]|"")*)"(?=,|$)/y;
  quoted.lastIndex = start;
  const found = quoted.exec(text);
  return found?.[1] !== undefined
    ? { text: found[1].replaceAll('""', '"'), end: quoted.lastIndex }
    : undefined;
}

function toField(text: string): Field {
  const at = text.indexOf('=');
  if (at < 0) return { text, key: text.toLowerCase(), value: undefined };
  return { text, key: text.slice(0, at).toLowerCase(), value: text.slice(at + 1) };
}

/** As Go's `strconv.ParseBool`. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}
