import { escapeForDisplay, type LayerPath, parseLayerPath, toText } from '../engine/index.ts';

/*
 * VS Code shows the path of a URI as it is: in tabs, breadcrumbs and lists. So what could turn a line around or drive
 * a terminal stands there as private-use characters, one for each byte (U+F700 + byte), which draw as boxes. `toText`
 * does the same for bytes that are not UTF-8, and reads all above 0x7f back.
 */

/** A path as text that is safe to show and that {@link fromSafeText} reads back. */
export function toSafeText(path: LayerPath): string {
  let safe = '';
  for (const character of toText(path)) safe += isPlain(character) ? character : bytewise(character);
  return safe;
}

/** The path of text that {@link toSafeText} made or a person typed. @throws EngineError `invalid-path`. */
export function fromSafeText(text: string): LayerPath {
  return parseLayerPath(
    text.replace(/[\uf701-\uf71f\uf77f]/g, (character) =>
      String.fromCharCode(character.charCodeAt(0) - 0xf700),
    ),
  );
}

function isPlain(character: string): boolean {
  const code = character.charCodeAt(0);
  // What stands for a byte already stays; what only looks so is written by its own bytes.
  if (code >= 0xf700 && code <= 0xf7ff) return code >= 0xf780;
  return escapeForDisplay(character) === character;
}

function bytewise(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((byte) => String.fromCharCode(0xf700 + byte)).join('');
}
