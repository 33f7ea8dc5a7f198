import { toWellFormed } from './goJson.ts';
import { lateWideRanges, wideRanges, zeroWidthRanges } from './widthRanges.ts';

// Docker measures text by two rules, one to cut it and one to pad it. Both are kept, in the way a western locale has
// them: characters of ambiguous width take one column.

/** Columns a cell takes on a terminal: of each grapheme, those of its first character that takes any. */
export function cellWidth(text: string): number {
  if (!beyondAscii.test(text)) return text.replace(control, '').length;
  let width = 0;
  for (const { segment } of graphemes().segment(toWellFormed(text))) width += graphemeWidth(segment);
  return width;
}

/** Cuts text to so many columns, the last one an ellipsis; text of ASCII only is cut by its length. */
export function truncateText(text: string, maxWidth: number): string {
  const characters = Array.from(toWellFormed(text));
  if (!beyondAscii.test(text))
    return characters.length <= maxWidth ? text : `${text.slice(0, maxWidth - 1)}…`;
  let width = 0;
  let kept = '';
  let cut: string | undefined;
  for (const character of characters) {
    width += isWideInText(character.codePointAt(0) ?? 0) ? 2 : 1;
    if (cut === undefined && width > maxWidth - 1) cut = `${kept}…`;
    kept += character;
  }
  return width <= maxWidth ? kept : (cut ?? kept);
}

let segmenter: Intl.Segmenter | undefined;

/** Made when it is first needed: making it takes as long as starting all of Lamina. */
function graphemes(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' }));
}

// eslint-disable-next-line no-control-regex -- everything else is what is asked for.
const beyondAscii = /[^\x00-\x7f]/;
// eslint-disable-next-line no-control-regex -- control characters take no column.
const control = /[\x00-\x1f\x7f]/g;

function graphemeWidth(grapheme: string): number {
  for (const character of grapheme) {
    const width = characterWidth(character.codePointAt(0) ?? 0);
    if (width > 0) return width;
  }
  return 0;
}

function characterWidth(code: number): 0 | 1 | 2 {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0xad) return 0;
  if (code < 0x300) return 1;
  if (zeroWidthRanges.has(code)) return 0;
  return wideRanges.has(code) ? 2 : 1;
}

/** By the older table docker cuts text with; marks of voicing, which take no column, count as wide there. */
function isWideInText(code: number): boolean {
  if (code === 0x3099 || code === 0x309a) return true;
  return wideRanges.has(code) && !lateWideRanges.has(code);
}
