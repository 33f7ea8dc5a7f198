import type { EscapeCharacter, InstructionName, Pair, TextRange, Word } from './ast.ts';
import type { DockerfileProblemCode } from './dockerfileProblem.ts';
import { goQuote, isSpace, isWordBreak, skipSpaces } from './goText.ts';
import { readJsonWords } from './jsonWords.ts';
import type { LogicalLine } from './logicalLine.ts';

/** The arguments of one instruction, and why BuildKit refuses them if it does. */
export interface ParsedArguments {
  readonly args: readonly Word[];
  readonly pairs?: readonly Pair[];
  readonly isJson?: boolean;
  readonly failure?: ArgumentFailure;
}

export interface ArgumentFailure {
  readonly code: DockerfileProblemCode;
  readonly message: string;
  readonly range: TextRange;
}

/** Reads what follows the flags: `[start, end)` of the line, without blanks around it. */
type Grammar = (line: LogicalLine, rest: TextRange, escape: EscapeCharacter) => ParsedArguments;

/** The grammar of each instruction's arguments; of ONBUILD's there is none, an instruction follows. */
export const argumentGrammars: Readonly<Record<Exclude<InstructionName, 'ONBUILD'>, Grammar>> = {
  ADD: readJsonOrWords,
  ARG: readQuotedWords,
  CMD: readJsonOrText,
  COPY: readJsonOrWords,
  ENTRYPOINT: readJsonOrText,
  ENV: (line, rest, escape) => readPairs(line, rest, escape, 'ENV'),
  EXPOSE: readWords,
  FROM: readWords,
  HEALTHCHECK: readHealthcheck,
  LABEL: (line, rest, escape) => readPairs(line, rest, escape, 'LABEL'),
  MAINTAINER: readText,
  RUN: readJsonOrText,
  SHELL: readJsonOrText,
  STOPSIGNAL: readText,
  USER: readText,
  VOLUME: readJsonOrWords,
  WORKDIR: readText,
};

function readText(line: LogicalLine, { start, end }: TextRange): ParsedArguments {
  return { args: start === end ? [] : [line.word(start, end)] };
}

function readWords(line: LogicalLine, rest: TextRange): ParsedArguments {
  return { args: wordsBetween(line.text, rest, isWordBreak).map(({ start, end }) => line.word(start, end)) };
}

function readJsonOrText(line: LogicalLine, rest: TextRange): ParsedArguments {
  return readJson(line, rest) ?? readText(line, rest);
}

function readJsonOrWords(line: LogicalLine, rest: TextRange): ParsedArguments {
  return readJson(line, rest) ?? readWords(line, rest);
}

/** Undefined when it is not the JSON form. */
function readJson(line: LogicalLine, rest: TextRange): ParsedArguments | undefined {
  const found = readJsonWords(line.text, rest.start, rest.end);
  if (found.kind === 'other') return undefined;
  if (found.kind === 'words') {
    const args = found.words.map(({ text, start, end }) => ({ text, range: line.rangeOf(start, end) }));
    return { args, isJson: true };
  }
  const range = line.rangeOf(rest.start, rest.end);
  const message = 'when using JSON array syntax, arrays must be comprised of strings only';
  return { ...readWords(line, rest), failure: { code: 'json-not-strings', message, range } };
}

/** ARG: quotes and escapes keep blanks together, and stay. */
function readQuotedWords(line: LogicalLine, rest: TextRange, escape: EscapeCharacter): ParsedArguments {
  return { args: quotedWords(line.text, rest, escape).map(({ start, end }) => line.word(start, end)) };
}

/** `NONE`, or `CMD` and a command. */
function readHealthcheck(line: LogicalLine, rest: TextRange): ParsedArguments {
  const [kind] = wordsBetween(line.text, rest, isSpace);
  if (kind === undefined) return { args: [] };
  const command = { start: skipSpaces(line.text, kind.end, rest.end), end: rest.end };
  const parsed = readJsonOrText(line, command);
  return { ...parsed, args: [line.word(kind.start, kind.end), ...parsed.args] };
}

/** ENV and LABEL: the first word tells whether it is `key=value …` or the old `key value`. */
function readPairs(
  line: LogicalLine,
  rest: TextRange,
  escape: EscapeCharacter,
  keyword: string,
): ParsedArguments {
  const words = quotedWords(line.text, rest, escape);
  const [first] = words;
  if (first === undefined) return { args: [] };
  if (equalsIn(line.text, first) < 0) return readOldPair(line, rest, keyword);
  const pairs = words.map((word) => pairOf(line, word));
  const odd = words.find((word) => equalsIn(line.text, word) < 0);
  return {
    args: [],
    pairs: pairs.filter((pair) => pair !== undefined),
    ...(odd !== undefined && { failure: withoutEquals(line, odd) }),
  };
}

function pairOf(line: LogicalLine, { start, end }: TextRange): Pair | undefined {
  const at = equalsIn(line.text, { start, end });
  if (at < 0) return undefined;
  const [key, value] = [line.word(start, at), line.word(at + 1, end)];
  return { key, value, isOldForm: false, range: line.rangeOf(start, end) };
}

function readOldPair(line: LogicalLine, rest: TextRange, keyword: string): ParsedArguments {
  const [key] = wordsBetween(line.text, rest, isWordBreak);
  if (key === undefined || key.end === rest.end) {
    const range = line.rangeOf(rest.start, rest.end);
    return {
      args: [],
      failure: { code: 'pair-malformed', message: `${keyword} must have two arguments`, range },
    };
  }
  let start = key.end;
  while (isWordBreak(line.text.charCodeAt(start))) start++;
  const pair = { key: line.word(key.start, key.end), value: line.word(start, rest.end), isOldForm: true };
  return { args: [], pairs: [{ ...pair, range: line.rangeOf(rest.start, rest.end) }] };
}

function withoutEquals(line: LogicalLine, { start, end }: TextRange): ArgumentFailure {
  const shown = goQuote(line.text.slice(start, end));
  return {
    code: 'pair-malformed',
    message: `Syntax error - can't find = in ${shown}. Must be of the form: name=value`,
    range: line.rangeOf(start, end),
  };
}

/** Where the first `=` of the word is, or -1. */
function equalsIn(text: string, { start, end }: TextRange): number {
  for (let at = start; at < end; at++) if (text.charAt(at) === '=') return at;
  return -1;
}

function wordsBetween(
  text: string,
  { start, end }: TextRange,
  isBreak: (code: number) => boolean,
): readonly TextRange[] {
  const words: TextRange[] = [];
  for (let at = start; at < end;) {
    const from = at;
    while (at < end && !isBreak(text.charCodeAt(at))) at++;
    if (at > from) words.push({ start: from, end: at });
    while (at < end && isBreak(text.charCodeAt(at))) at++;
  }
  return words;
}

/** Words between blanks that are neither quoted nor escaped. An escape character at the very end belongs to none. */
function quotedWords(text: string, rest: TextRange, escape: EscapeCharacter): readonly TextRange[] {
  const words: TextRange[] = [];
  for (let at = skipSpaces(text, rest.start, rest.end); at < rest.end;) {
    const end = quotedWordEnd(text, at, rest.end, escape);
    if (end.word > at) words.push({ start: at, end: end.word });
    at = skipSpaces(text, end.next, rest.end);
  }
  return words;
}

function quotedWordEnd(
  text: string,
  start: number,
  end: number,
  escape: EscapeCharacter,
): { readonly word: number; readonly next: number } {
  let quote = '';
  for (let at = start; at < end; at++) {
    const character = text.charAt(at);
    if (quote === '' && isSpace(character.charCodeAt(0))) return { word: at, next: at };
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === escape && quote !== "'" && ++at === end) return { word: end - 1, next: end };
  }
  return { word: end, next: end };
}
