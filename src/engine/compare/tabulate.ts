import { cellWidth } from './displayWidth.ts';

/** As docker sets its tables: no column narrower than this, padding included. */
const minWidth = 10;
const padding = 3;

/**
 * Aligns text in columns as docker's tabwriter does. Cells end at a tab (or vertical tab), lines at a newline. A column
 * is the cells of the same position in lines that follow one another; what comes after a line's last tab belongs to no
 * column and is not padded. A form feed ends a line and all columns.
 */
export function tabulate(text: string): string {
  const sections = text.split('\f');
  return sections
    .map((section, at) => tabulateSection(at < sections.length - 1 ? `${section}\n` : section))
    .join('');
}

function tabulateSection(text: string): string {
  const lines = splitLines(text);
  const out: string[] = [];
  const widths: number[] = [];
  // The recursion over columns is a stack of its own, because hostile text can have a million columns.
  const blocks: Block[] = [{ written: 0, at: 0, end: lines.length }];
  for (let block = blocks.at(-1); block !== undefined; block = blocks.at(-1)) {
    const { start, end } = nextColumnBlock(lines, widths.length, block);
    writeLines(lines.slice(block.written, start), widths, out);
    if (start === block.end) {
      blocks.pop();
      widths.pop();
      continue;
    }
    block.written = end;
    block.at = end;
    blocks.push({ written: start, at: start, end });
    widths.push(columnWidth(lines, widths.length, start, end));
  }
  return out.join('');
}

/** Lines being set, from `written` on; those before `at` are done with in this column. */
interface Block {
  written: number;
  at: number;
  readonly end: number;
}

interface Line {
  readonly cells: readonly Cell[];
  /** False for what follows the last newline. */
  readonly isEnded: boolean;
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function splitLines(text: string): readonly Line[] {
  const lines = text.split('\n');
  return lines.map((line, at) => ({
    cells: line.split(/[\t\v]/).map((cell) => ({ text: cell, width: cellWidth(cell) })),
    isEnded: at < lines.length - 1,
  }));
}

/** The next lines that have a cell in the column, or the block's end twice. */
function nextColumnBlock(
  lines: readonly Line[],
  column: number,
  { at, end }: Block,
): { readonly start: number; readonly end: number } {
  const hasCell = (line: number): boolean => column < (lines[line]?.cells.length ?? 0) - 1;
  let start = at;
  while (start < end && !hasCell(start)) start++;
  let after = start;
  while (after < end && hasCell(after)) after++;
  return { start, end: after };
}

function columnWidth(lines: readonly Line[], column: number, start: number, end: number): number {
  let width = minWidth;
  for (let line = start; line < end; line++)
    width = Math.max(width, (lines[line]?.cells[column]?.width ?? 0) + padding);
  return width;
}

function writeLines(lines: readonly Line[], widths: readonly number[], out: string[]): void {
  for (const { cells, isEnded } of lines) {
    for (const [column, { text, width }] of cells.entries())
      out.push(text, ' '.repeat(Math.max(0, (widths[column] ?? 0) - width)));
    if (isEnded) out.push('\n');
  }
}
