import type { Instruction } from '../dockerfile/ast.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { trimSpace } from '../dockerfile/goText.ts';
import type { WordRules } from '../dockerfile/wordRules.ts';
import type { Environment } from './environment.ts';

/** Counts the rows of one stage, as progress shows them: `[build 2/5]`. */
export class RowNames {
  readonly #label: string;
  #total: number;
  #count = 0;

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  /** Triggers are counted once they are known: FROM has its number before. */
  addTriggers(count: number): void {
    this.#total += count;
  }

  next(text: string, isTrigger = false): string {
    this.#count++;
    if (this.#total === 0) return text;
    const width = Math.floor(1 + Math.log10(this.#total));
    const label = this.#label === '' ? '' : `${this.#label} `;
    const number = String(this.#count).padStart(width);
    return `[${label}${number}/${this.#total}] ${isTrigger ? 'ONBUILD ' : ''}${text}`;
  }
}

/** The text of a row: the line with its variables replaced, and the keyword in capitals. */
export function rowText(instruction: Instruction, env: Environment, rules: WordRules): string {
  const line = trimSpace(instruction.original);
  const { text, failure } = expandWord(line, env, rules);
  return inCapitals(failure === undefined ? text : line);
}

/** Of RUN: quotes stay, and so do names without a value; of a lone heredoc the first line is shown. */
export function runRowText(
  instruction: Instruction,
  env: Environment,
  rules: WordRules,
  script: string | undefined,
): string {
  const shown = script === undefined ? '' : ` (${firstLine(script)})`;
  const line = `${trimSpace(instruction.original)}${shown}`;
  const { text, failure } = expandWord(line, env, { ...rules, keepsQuotes: true, keepsUnset: true });
  return inCapitals(failure === undefined ? text : line);
}

function firstLine(script: string): string {
  const [first = '', ...more] = trimSpace(script).replaceAll('\r\n', '\n').split('\n');
  return more.length > 0 ? `${first}...` : first;
}

function inCapitals(text: string): string {
  const at = text.indexOf(' ');
  return at < 0 ? text.toUpperCase() : text.slice(0, at).toUpperCase() + text.slice(at);
}
