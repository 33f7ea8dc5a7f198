import { goQuote } from '../dockerfile/goText.ts';

/** A list as Go's `%v` writes it. */
export function listText(words: readonly string[]): string {
  return `[${words.join(' ')}]`;
}

/** A list as Go's `%q` writes it. */
export function quotedListText(words: readonly string[]): string {
  return listText(words.map(goQuote));
}
