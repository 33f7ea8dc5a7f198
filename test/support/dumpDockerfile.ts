import type { Dockerfile, Instruction } from '../../src/engine/build/dockerfile/ast.ts';
import { goQuote, trimSpace } from '../../src/engine/build/dockerfile/goText.ts';

/** The parse tree as BuildKit's `Node.Dump` writes it, to be compared with its expected results. */
export function dumpDockerfile({ instructions }: Dockerfile): string {
  return instructions.map((each) => `(${dumpInstruction(each)})\n`).join('');
}

function dumpInstruction(instruction: Instruction): string {
  const { keyword, flags } = instruction;
  const shownFlags = flags.length === 0 ? '' : ` [${flags.map(({ text }) => goQuote(text)).join(' ')}]`;
  const rest = argumentsOf(instruction).map((text) => ` ${text}`);
  return trimSpace(`${keyword.text.toLowerCase()}${shownFlags}${rest.join('')}`);
}

function argumentsOf({ name, args, pairs, trigger }: Instruction): readonly string[] {
  if (name === undefined) return ['""'];
  if (trigger !== undefined) return [`(${dumpInstruction(trigger)})`];
  const words = args.map(({ text }) => text);
  return [
    ...words,
    ...pairs.flatMap((pair) => [pair.key.text, pair.value.text, pair.isOldForm ? '' : '=']),
  ].map(goQuote);
}
