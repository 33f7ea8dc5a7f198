import { displayWidth } from '../base/displayWidth.ts';

const minWidth = 10;
const padding = 3;

/**
 * Aligns tab-separated text as docker's tables are (Go's `text/tabwriter`, width at least 10, 3 blanks between cells,
 * cells measured by their width on a terminal). A cell is what a tab ends; what follows a line's last tab is not
 * aligned. Lines that follow one another and have a cell in a column make a block, which has one width; a line break
 * inside a cell therefore begins a new block, as it does there.
 */
export function alignColumns(text: string): string {
  const lines = text.split(/[\n\f]/).map((line) => line.split(/[\t\v]/));
  const widths = lines.map((): number[] => []);
  alignBlock(lines, widths, 0, 0, lines.length);
  return lines.map((cells, line) => lineText(cells, widths[line] ?? [])).join('\n');
}

/** Sets the widths of one column, block by block, and of the columns right of it. */
function alignBlock(
  lines: readonly (readonly string[])[],
  widths: readonly number[][],
  column: number,
  start: number,
  end: number,
): void {
  for (let line = start; line < end; line++) {
    const first = line;
    while (line < end && hasCell(lines[line], column)) line++;
    if (line === first) continue;
    const width = columnWidth(lines.slice(first, line), column);
    for (const block of widths.slice(first, line)) block.push(width);
    alignBlock(lines, widths, column + 1, first, line);
  }
}

function hasCell(cells: readonly string[] | undefined, column: number): boolean {
  return cells !== undefined && column < cells.length - 1;
}

function columnWidth(lines: readonly (readonly string[])[], column: number): number {
  return lines.reduce(
    (width, cells) => Math.max(width, displayWidth(cells[column] ?? '') + padding),
    minWidth,
  );
}

function lineText(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell))))
    .join('');
}
