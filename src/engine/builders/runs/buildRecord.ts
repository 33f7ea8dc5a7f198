import type { BuildFailure, BuildOutcome, BuildRow } from '../builds.ts';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import type { BuildEvent } from './buildEvent.ts';
import { BuildRows, type RowListener } from './buildRows.ts';
import type { FindRowPlace } from './rowPlaces.ts';
import { TextTail } from './textTail.ts';

/** Characters that are kept of all that was printed, and of what one step printed. */
const logLimit = 4 * 2 ** 20;
const outputLimit = 16 * 2 ** 10;

/** Everything that a running build tells, put together. */
export class BuildRecord {
  readonly #rows: BuildRows;
  readonly #log = new TextTail(logLimit);
  readonly #outputs = new Map<string, TextTail>();
  readonly #texts = new TextTail(outputLimit);
  readonly #dockerfile: Dockerfile;
  readonly #named = new Set<string>();
  /** A line. */
  #saidLast = '';

  constructor(dockerfile: Dockerfile, placeOf: FindRowPlace, { onRow, onLog }: RowListener) {
    this.#dockerfile = dockerfile;
    this.#rows = new BuildRows(placeOf, {
      onRow: (row) => {
        this.#logName(row);
        onRow?.(row);
      },
      onLog: (log) => {
        this.#say(log.text);
        this.#outputOf(log.row).add(log.text);
        onLog?.(log);
      },
    });
  }

  get rows(): readonly BuildRow[] {
    return this.#rows.rows;
  }

  take(event: BuildEvent): void {
    if (event.kind === 'text') this.addText(`${event.text}\n`);
    else this.#rows.take(event);
  }

  addText(text: string): void {
    this.#say(text);
    this.#texts.add(text);
  }

  /** @param image undefined when it failed. */
  succeeded(image: string | undefined): BuildOutcome {
    this.#rows.end('done');
    return { rows: this.rows, ...(image !== undefined && { image }), log: this.#log.toString() };
  }

  /** @param endsAs what becomes of the step that ran: builders without events of their own leave it open. */
  failed(endsAs: 'failed' | 'cancelled', message?: string): BuildOutcome {
    const words = message ?? this.#lastWords();
    this.#rows.end(endsAs, words);
    return { rows: this.rows, failure: this.#failure(words), log: this.#log.toString() };
  }

  #say(text: string): void {
    this.#log.add(text);
    this.#saidLast = linesOf(text).at(-1) ?? this.#saidLast;
  }

  /** What names an error; else what was said last, by the builder or by the step that ran, as of the classic builder. */
  #lastWords(): string {
    const texts = linesOf(this.#texts.toString());
    return wordsOf(texts.findLast((line) => namesError.test(line)) ?? this.#saidLast);
  }

  #failure(words: string): BuildFailure {
    const row = this.rows.find(({ state }) => state === 'failed');
    const instruction = row?.instruction ?? this.#instructionNamedIn(words);
    return {
      message: words === '' ? (row?.failure ?? 'the build failed') : words,
      ...(instruction !== undefined && { instruction }),
      output: row === undefined ? this.#texts.toString() : this.#outputOf(row.id).toString(),
    };
  }

  /** Of what BuildKit refuses before there is a row. */
  #instructionNamedIn(words: string): number | undefined {
    const line = Number(/\bline (\d+):/.exec(words)?.[1] ?? NaN);
    const at = this.#dockerfile.instructions.findIndex(
      ({ lines }) => lines.first <= line && line <= lines.last,
    );
    return at < 0 ? undefined : at;
  }

  #outputOf(row: string): TextTail {
    const output = this.#outputs.get(row) ?? new TextTail(outputLimit);
    this.#outputs.set(row, output);
    return output;
  }

  #logName(row: BuildRow): void {
    if (row.state === 'waiting' || this.#named.has(row.id)) return;
    this.#named.add(row.id);
    this.#log.add(`${row.name}\n`);
  }
}

const namesError = /^(?:ERROR|error|Error)\b|failed to |returned a non-zero/;

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && line !== '------');
}

/** Without the ways that it came. */
function wordsOf(line: string): string {
  return line
    .replace(/^(?:ERROR|error|Error): /, '')
    .replace(/^(?:failed to build: )?failed to solve(?: with frontend \S+)?: /, '')
    .replace(/^Error response from daemon: /, '');
}
