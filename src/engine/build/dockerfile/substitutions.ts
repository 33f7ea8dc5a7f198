import { PatternSearch, isSearchable, parseShellPattern } from './shellPattern.ts';

/** A substituted value, or why there is none, in BuildKit's words. */
export type Substitution = { readonly value: string } | { readonly failure: string };

/** `${x#p}` and `${x##p}`: the value without the shortest or longest beginning that matches. */
export function withoutPrefix(pattern: string, value: string, isGreedy: boolean): Substitution {
  return withoutStart(pattern, Array.from(pattern), Array.from(value), isGreedy);
}

/** `${x%p}` and `${x%%p}`: as with the beginning, of pattern and value turned round. */
export function withoutSuffix(pattern: string, value: string, isGreedy: boolean): Substitution {
  const turned = turnPattern(Array.from(pattern));
  const found = withoutStart(turned.join(''), turned, Array.from(value).reverse(), isGreedy);
  return 'failure' in found ? found : { value: Array.from(found.value).reverse().join('') };
}

/** `${x/p/r}` and `${x//p/r}`. */
export function withReplaced(
  pattern: string,
  value: string,
  replacement: string,
  isAll: boolean,
): Substitution {
  // Every character may be replaced, and a replacement may name the match many times.
  if ((value.length + 1) * (replacement.length + 1) > maxReplaced)
    return { failure: 'the result is too long' };
  const characters = Array.from(value);
  return search(pattern, Array.from(pattern), characters, true, (found) =>
    isAll ? replaceAll(found, characters, replacement) : replaceFirst(found, characters, replacement),
  );
}

const maxReplaced = 1 << 24;

function withoutStart(
  shown: string,
  pattern: readonly string[],
  value: readonly string[],
  isGreedy: boolean,
): Substitution {
  return search(shown, pattern, value, isGreedy, (found) => value.slice(found.matchAt(0) ?? 0).join(''));
}

function search(
  shown: string,
  pattern: readonly string[],
  value: readonly string[],
  isGreedy: boolean,
  use: (found: PatternSearch) => string,
): Substitution {
  const parsed = parseShellPattern(pattern, isGreedy);
  if ('failure' in parsed)
    return { failure: `invalid pattern (${shown}) in substitution: ${parsed.failure}` };
  if (!isSearchable(parsed.pattern, value))
    return { failure: 'pattern and value are too long to be searched' };
  return { value: use(new PatternSearch(parsed.pattern, value)) };
}

/** An escape and what it escapes stay in this order. */
function turnPattern(pattern: readonly string[]): readonly string[] {
  const turned: string[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    const isEscape = character === '\\' && at < pattern.length - 1;
    turned.push(isEscape ? `\\${pattern[++at] ?? ''}` : character);
  }
  return Array.from(turned.reverse().join(''));
}

function replaceFirst(search: PatternSearch, text: readonly string[], replacement: string): string {
  const found = search.find(0);
  if (found === undefined) return text.join('');
  return text.slice(0, found.start).join('') + replacement + text.slice(found.end).join('');
}

/** As Go's `ReplaceAllString`: an empty match right behind another one is none, and `$0` is what matched. */
function replaceAll(search: PatternSearch, text: readonly string[], replacement: string): string {
  let out = '';
  let copied = 0;
  for (let from = 0; from <= text.length;) {
    const found = search.find(from);
    if (found === undefined) break;
    out += text.slice(copied, found.start).join('');
    if (found.end > copied || found.start === 0)
      out += expandTemplate(replacement, text.slice(found.start, found.end).join(''));
    copied = found.end;
    from = Math.max(found.end, from + 1);
  }
  return out + text.slice(copied).join('');
}

/** Go's template of a replacement: `$0` and `${0}` are the match, other names nothing, `$$` a dollar. */
function expandTemplate(template: string, match: string): string {
  return template.replace(templateName, (_, dollar?: string, name?: string, braced?: string) => {
    if (dollar !== undefined) return '$';
    return (name ?? braced) === '0' ? match : '';
  });
}

const templateName = /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;
