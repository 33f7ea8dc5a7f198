import type { ContainerConfig } from './containerConfig.ts';

/** What the classic builder looks for before it runs an instruction. */
export interface ExpectedStep {
  readonly command: ExpectedCommand;
  /** The image's config after it, the command aside. */
  readonly config: ContainerConfig;
  /** RUN is looked up without an entrypoint. */
  readonly isRun: boolean;
}

/** The command of the container that an instruction is made in: what says which instruction it was. */
export type ExpectedCommand =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** One of several: engines of different ages write it differently. */
  | { readonly kind: 'choice'; readonly head: readonly string[]; readonly texts: readonly string[] }
  /** COPY or ADD whose sum is not known: any will do. */
  | {
      readonly kind: 'any-sum';
      readonly head: readonly string[];
      readonly before: readonly string[];
      readonly after: string;
    };

/** Whether it is the command of a container's config, word by word. */
export function isCommand(expected: ExpectedCommand, words: readonly string[]): boolean {
  if (expected.kind === 'words') return isSameList(expected.words, words);
  const [head, text] = [words.slice(0, -1), words.at(-1) ?? ''];
  return isSameList(expected.head, head) && fits(expected, text);
}

/** As {@link isCommand}, where only a history's text is known: the words with blanks between them. */
export function isCreatedBy(expected: ExpectedCommand, text: string): boolean {
  if (expected.kind === 'words') return expected.words.join(' ') === text;
  const head = `${expected.head.join(' ')} `;
  return text.startsWith(head) && fits(expected, text.slice(head.length));
}

/** One text for what is looked up: a sum that is not known is a question mark. */
export function expectedText({ command }: ExpectedStep): string {
  if (command.kind === 'words') return command.words.join(' ');
  const head = command.head.join(' ');
  if (command.kind === 'choice') return `${head} ${command.texts[0] ?? ''}`;
  return `${head} ${command.before[0] ?? ''}?${command.after}`;
}

/** The sum in a COPY's text; undefined of any other. */
export function sumIn(text: string): string | undefined {
  const beginning = text.slice(0, mostLooked);
  return /#\(nop\) (?:COPY|ADD) (?:--chown=.*)?((?:file:|dir:|multi:)[0-9a-f]{64}|(?<![0-9a-f:])[0-9a-f]{64}) in /s.exec(
    beginning,
  )?.[1];
}

/** A sum stands near the beginning of a text. */
const mostLooked = 5000;

function fits(expected: Exclude<ExpectedCommand, { kind: 'words' }>, text: string): boolean {
  if (expected.kind === 'choice') return expected.texts.includes(text);
  return expected.before.some((before) => isAround(before, expected.after, text));
}

function isAround(before: string, after: string, text: string): boolean {
  if (!text.startsWith(before) || !text.endsWith(after)) return false;
  return /^(?:(?:file|dir|multi):)?[0-9a-f]{64}$/.test(text.slice(before.length, text.length - after.length));
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}

/** What the builder runs or copies, without the shell before it. */
export function shownText(expected: ExpectedStep): string {
  return expectedText(expected).replace(/^.*?#\(nop\) */s, '');
}
