import { EngineError } from './errors.ts';

/**
 * A name in a layer, byte for byte: every character stands for one byte (0–255), so that names which are not
 * UTF-8 stay distinct and comparing strings compares bytes.
 */
export type ByteName = string & { readonly __brand: 'ByteName' };

/** An absolute path of byte names: begins with `/`, no empty, `.` or `..` component, no trailing `/`; the root is `/`. */
export type LayerPath = string & { readonly __brand: 'LayerPath' };

export const rootPath = '/' as LayerPath;

/** The bytes as a name, without checks; for names read from an archive that were already split at `/`. */
export function byteName(bytes: string): ByteName {
  return bytes as ByteName;
}

/**
 * Parses a path as a person or a URI writes it: text, with {@link toText}'s private-use characters for bytes that
 * are not UTF-8. A missing leading `/` is added, `.` and empty components are dropped.
 *
 * @throws EngineError `invalid-path` for `..` above the root or NUL.
 */
export function parseLayerPath(text: string): LayerPath {
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) throw new EngineError('invalid-path', text, 'it climbs above the root');
      continue;
    }
    if (part.includes('\0')) throw new EngineError('invalid-path', text, 'it holds a NUL character');
    parts.push(fromText(part));
  }
  return `/${parts.join('/')}` as LayerPath;
}

/** The path of `name` inside `directory`. */
export function joinPath(directory: LayerPath, name: ByteName): LayerPath {
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as LayerPath;
}

/** The parent directory; the root's is the root. */
export function parentPath(path: LayerPath): LayerPath {
  return (path.slice(0, path.lastIndexOf('/')) || '/') as LayerPath;
}

/** The last component; empty for the root. */
export function baseName(path: LayerPath): ByteName {
  return path.slice(path.lastIndexOf('/') + 1) as ByteName;
}

/** The components from the root down. */
export function splitPath(path: LayerPath): readonly ByteName[] {
  return path === '/' ? [] : (path.slice(1).split('/') as ByteName[]);
}

/**
 * Names and paths as text, reversibly: UTF-8 is decoded, every byte that is not part of valid UTF-8 becomes the
 * private-use character U+F700 + byte, and those characters' own bytes are written so too. Not yet safe to show:
 * control characters are kept (see {@link escapeForDisplay} in `display.ts`).
 */
export function toText(name: ByteName | LayerPath | string): string {
  // eslint-disable-next-line no-control-regex -- plain ASCII is the common case and needs no work.
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  const isPlain = !/[\uF780-\uF7FF]/.test(text) && Buffer.from(text, 'utf8').equals(bytes);
  return isPlain ? text : decodeBytewise(bytes);
}

/** The bytes of text made by {@link toText} or typed by a person. */
export function fromText(text: string): ByteName {
  // eslint-disable-next-line no-control-regex -- as in toText.
  if (/^[\x00-\x7f]*$/.test(text)) return text as ByteName;
  let bytes = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes +=
      code >= 0xf780 && code <= 0xf7ff
        ? String.fromCharCode(code - 0xf700)
        : Buffer.from(character, 'utf8').toString('latin1');
  }
  return bytes as ByteName;
}

/** The bytes in hex when the name is not UTF-8, else undefined. */
export function hexIfNotUtf8(name: ByteName | LayerPath | string): string | undefined {
  const bytes = Buffer.from(name, 'latin1');
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes) ? undefined : bytes.toString('hex');
}

function decodeBytewise(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    const piece = bytes.toString('utf8', at, at + length);
    if (length > 0 && !/[\uF780-\uF7FF]/.test(piece)) {
      text += piece;
      at += length;
    } else {
      text += String.fromCharCode(0xf700 + (bytes[at] ?? 0));
      at += 1;
    }
  }
  return text;
}

/** The length of the valid UTF-8 sequence at `at`, or 0. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  const piece = bytes.subarray(at, at + length);
  return length > 0 && piece.length === length && Buffer.from(piece.toString('utf8')).equals(piece)
    ? length
    : 0;
}
