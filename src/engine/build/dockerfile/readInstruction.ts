import { type ArgumentFailure, type ParsedArguments, argumentGrammars } from './argumentGrammars.ts';
import type { EscapeCharacter, Instruction, InstructionName, TextRange } from './ast.ts';
import type { LogicalLine } from './logicalLine.ts';
import { type CommandParts, splitCommand } from './splitCommand.ts';

/** An instruction as far as its logical line tells; lines, comments and heredocs are added by who has them. */
export type InstructionLine = Omit<Instruction, 'lines' | 'comments' | 'heredocs' | 'trigger'> & {
  readonly trigger?: InstructionLine;
};

/** An instruction, and why BuildKit refuses its grammar if it does. */
interface ReadInstruction {
  readonly instruction: InstructionLine;
  readonly failure: ArgumentFailure | undefined;
}

/** Reads `[start, end)` of a logical line as one instruction. */
export function readInstruction(
  line: LogicalLine,
  start: number,
  end: number,
  escape: EscapeCharacter,
): ReadInstruction {
  const parts = splitCommand(line, start, end, escape);
  const keyword = line.word(parts.keyword.start, parts.keyword.end);
  const name = instructionNames.get(keyword.text.toLowerCase());
  const range = line.rangeOf(parts.keyword.start, parts.rest.end);
  const shared = { name, keyword, range, original: line.text.slice(start, end), flags: parts.flags };
  if (name === 'ONBUILD') return withTrigger(shared, line, parts, escape);
  const { args, pairs = [], isJson = false, failure } = argumentsOf(name, line, parts, escape);
  return {
    instruction: { ...shared, args, pairs, isJson, isDamaged: failure !== undefined },
    failure,
  };
}

function argumentsOf(
  name: Exclude<InstructionName, 'ONBUILD'> | undefined,
  line: LogicalLine,
  { rest }: CommandParts,
  escape: EscapeCharacter,
): ParsedArguments {
  return name === undefined ? { args: [] } : argumentGrammars[name](line, rest, escape);
}

function withTrigger(
  shared: Pick<InstructionLine, 'name' | 'keyword' | 'range' | 'original' | 'flags'>,
  line: LogicalLine,
  { rest }: CommandParts,
  escape: EscapeCharacter,
): ReadInstruction {
  const empty = { ...shared, args: [], pairs: [], isJson: false, isDamaged: false };
  if (rest.start === rest.end) return { instruction: empty, failure: undefined };
  const { instruction: trigger, failure } = readTrigger(line, rest, escape);
  return { instruction: { ...empty, trigger, isDamaged: trigger.isDamaged }, failure };
}

/** `ONBUILD ONBUILD …` is refused anyway, and is not followed. */
function readTrigger(line: LogicalLine, rest: TextRange, escape: EscapeCharacter): ReadInstruction {
  const { keyword } = splitCommand(line, rest.start, rest.end, escape);
  const isOnbuild =
    instructionNames.get(line.text.slice(keyword.start, keyword.end).toLowerCase()) === 'ONBUILD';
  return readInstruction(line, rest.start, isOnbuild ? keyword.end : rest.end, escape);
}

const instructionNames = new Map<string, InstructionName>(
  [...Object.keys(argumentGrammars), 'ONBUILD'].map((name) => [name.toLowerCase(), name as InstructionName]),
);
