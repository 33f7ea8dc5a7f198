/** A list as Go's `%v` writes it. */
export function listText(words: readonly string[]): string {
  return `[${words.join(' ')}]`;
}
