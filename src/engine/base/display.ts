/**
 * Text of an image made safe to show: control characters, bidirectional and invisible ones, line separators, and the
 * private-use characters that stand for bytes which are not UTF-8 become visible escapes (`\x1b`, `\u202e`, `\xff`),
 * so that a name can neither drive a terminal nor look like another one. For the eye only: a backslash stays as it is.
 */
export function escapeForDisplay(text: string): string {
  return text.replace(unsafe, escapeOf);
}

/*
 * C0, DEL and C1; soft hyphen, Arabic letter mark, zero-width space, direction marks, line separators, embeddings,
 * overrides, isolates and invisible operators; bytes that are not UTF-8 (`toText`); the byte order mark and
 * annotations; unpaired surrogates; tags. Joiners where there is nothing to join: beside ASCII they only hide.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- these are what it is for.
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\uf780-\uf7ff\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e0fff}]|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])/gu;

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = namedEscapes.get(code);
  if (named !== undefined) return named;
  if (code >= 0xf780 && code <= 0xf7ff) return `\\x${(code - 0xf700).toString(16)}`;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

const namedEscapes = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
]);
