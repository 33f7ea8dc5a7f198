/** Variables by name; what is not there is empty. */
export type ShellVariables = ReadonlyMap<string, string>;

/** Words as a shell splits them, quotes and backslashes left as they are. */
export function rawWordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const isEscape = character === '\\' && quote !== "'" && at + 1 < text.length;
    word = (word ?? '') + character + (isEscape ? text.charAt(++at) : '');
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * The text without its quotes and backslashes, `$NAME`, `${NAME}`, `${NAME:-ELSE}` and `${NAME:+THEN}` replaced but in
 * single quotes, as docker does with most instructions. Undefined when a quote or a brace is not closed.
 */
export function expandText(text: string, variables: ShellVariables): string | undefined {
  let result = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && quote !== "'" && at + 1 < text.length)
      result += escaped(text.charAt(++at), quote);
    else if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === '$' && quote !== "'") {
      const variable = variableIn(text.slice(at), variables);
      if (variable === undefined) return undefined;
      result += variable.value;
      at += variable.length - 1;
    } else result += character;
  }
  return quote === '' ? result : undefined;
}

/** What a backslash and a character stand for; within quotes most backslashes are themselves. */
function escaped(character: string, quote: string): string {
  return quote === '' || '"\\$'.includes(character) ? character : `\\${character}`;
}

/** A variable at the beginning of a text, its value, and how long it is there. */
function variableIn(
  text: string,
  variables: ShellVariables,
): { readonly value: string; readonly length: number } | undefined {
  const plain = /^\$(\w+)/.exec(text);
  if (plain !== null) return { value: variables.get(plain[1] ?? '') ?? '', length: plain[0].length };
  if (!text.startsWith('${')) return { value: '$', length: 1 };
  const braced = /^\$\{(\w+)(?:(:?[-+])([^{}]*))?\}/.exec(text);
  if (braced === null) return undefined;
  const [whole, name = '', operator = '', other = ''] = braced;
  const word = operator === '' ? '' : expandText(other, variables);
  return word === undefined
    ? undefined
    : { value: substituted(variables.get(name), operator, word), length: whole.length };
}

function substituted(value: string | undefined, operator: string, word: string): string {
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  if (operator.endsWith('+')) return isSet ? word : '';
  return operator.endsWith('-') && !isSet ? word : (value ?? '');
}
