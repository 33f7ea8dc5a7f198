import type { EscapeCharacter } from '../dockerfile/ast.ts';
import type { Command } from '../dockerfile/commands.ts';
import { expandWords } from '../dockerfile/expandWord.ts';
import type { StepScope } from '../plan/buildPlan.ts';
import { exposeTexts } from './exposeTexts.ts';
import { healthcheckOf, healthcheckTexts } from './healthcheck.ts';
import { listText, quotedListText } from './listText.ts';

interface TextContext {
  readonly expand: (text: string) => string;
  readonly scope: StepScope;
  readonly escape: EscapeCharacter;
}

/** The entries of instructions that only change the image's config; undefined of those that leave none. */
export function configTexts(
  command: Command,
  { expand, scope, escape }: TextContext,
): readonly string[] | undefined {
  const { args, isJson, name } = command.instruction;
  const words = args.map(({ text }) => text);
  const keyword = name ?? '';
  switch (command.kind) {
    case 'user':
      return [`USER ${expand(command.user.text)}`];
    case 'shell':
      return [`SHELL ${listText(command.shell)}`];
    case 'volume':
      return [`VOLUME ${listText(words.map(expand))}`];
    case 'stopsignal':
      return [`STOPSIGNAL ${expand(words[0] ?? '')}`];
    case 'maintainer':
      return [`MAINTAINER ${words.join(' ')}`];
    case 'cmd':
    case 'entrypoint':
      return [`${keyword} ${quotedListText(commandOf(words, isJson, scope))}`];
    case 'expose':
      return exposeTexts(words.flatMap((word) => expandWords(word, scope.env, { escape }).words));
    case 'healthcheck':
      return checkTexts(healthcheckTexts(healthcheckOf(command.instruction)));
    case 'add':
    case 'arg':
    case 'copy':
    case 'env':
    case 'from':
    case 'label':
    case 'onbuild':
    case 'run':
    case 'workdir':
      return undefined;
  }
}

/** The plain values were printed of a pointer. */
function checkTexts([named, ...plain]: readonly [string, ...string[]]): readonly string[] {
  return [named, ...plain.map((text) => `&${text}`)].map((text) => `HEALTHCHECK ${text}`);
}

function commandOf(words: readonly string[], isJson: boolean, { shell }: StepScope): readonly string[] {
  if (isJson) return words;
  return [...(shell.length > 0 ? shell : ['/bin/sh', '-c']), words.join(' ')];
}
