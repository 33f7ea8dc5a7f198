import type { Instruction, Word } from './ast.ts';
import type { CopyCommand, InlineFile } from './commands.ts';
import { checkFlags, flagSwitch, flagText, flagTexts } from './flags.ts';
import { parseHeredocWord } from './heredocWords.ts';
import type { CommandOrFailure } from './commandFailure.ts';

/** COPY or ADD. */
export function copyCommand(instruction: Instruction, kind: CopyCommand['kind']): CommandOrFailure {
  const { args, range } = instruction;
  const destination = args.at(-1);
  const keyword = kind.toUpperCase();
  if (destination === undefined || args.length < 2) {
    const why =
      'requires at least two arguments, but only one was provided. Destination could not be determined';
    return { failure: { code: 'argument-count', message: `${keyword} ${why}`, range } };
  }
  const failure = checkFlags(instruction);
  if (failure !== undefined) return { failure };
  if (parseHeredocWord(destination.text).kind === 'heredoc') {
    const message = `${keyword} cannot accept a heredoc as a destination`;
    return { failure: { code: 'heredoc-invalid', message, range: destination.range } };
  }
  const contents = new Map(instruction.heredocs.map(({ name, content }) => [name, content]));
  const files = args.slice(0, -1).map((word) => inlineFileOf(word, contents));
  const sources = args.slice(0, -1).filter((_, at) => files[at] === undefined);
  const inlineFiles = files.filter((file) => file !== undefined);
  return { command: { kind, instruction, sources, inlineFiles, destination, ...flagsOf(instruction) } };
}

type CopyFlags = Omit<CopyCommand, 'kind' | 'instruction' | 'sources' | 'inlineFiles' | 'destination'>;

function flagsOf(instruction: Instruction): CopyFlags {
  const from = flagText(instruction, 'from');
  const keepsGitDirectory = flagSwitch(instruction, 'keep-git-dir');
  const isUnpacked = flagSwitch(instruction, 'unpack');
  return {
    chown: flagText(instruction, 'chown')?.text ?? '',
    chmod: flagText(instruction, 'chmod')?.text ?? '',
    checksum: flagText(instruction, 'checksum')?.text ?? '',
    isLinked: flagSwitch(instruction, 'link') ?? false,
    keepsParents: flagSwitch(instruction, 'parents') ?? false,
    exclude: flagTexts(instruction, 'exclude').map(({ text }) => text),
    ...(from !== undefined && from.text !== '' && { from }),
    ...(keepsGitDirectory !== undefined && { keepsGitDirectory }),
    ...(isUnpacked !== undefined && { isUnpacked }),
  };
}

/** The file that a source word stands for; undefined of a path. Of two bodies of one name the last is meant. */
function inlineFileOf(word: Word, contents: ReadonlyMap<string, string>): InlineFile | undefined {
  const parsed = parseHeredocWord(word.text);
  if (parsed.kind !== 'heredoc') return undefined;
  const { name, isExpanded, stripsTabs } = parsed.heredoc;
  const content = contents.get(name) ?? '';
  return { name, content: stripsTabs ? withoutLeadingTabs(content) : content, isExpanded };
}

/** Of a body whose word has a dash: tabs at the beginning of each line are taken away. */
export function withoutLeadingTabs(content: string): string {
  return content.replace(/^\t+/gm, '');
}
