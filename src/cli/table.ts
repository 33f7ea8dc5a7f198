import type { Printer } from './printer.ts';

/** Prints rows under a heading, every column as wide as its widest cell. Cells are text of images, on one line each. */
export async function printTable(
  out: Printer,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const cells = [heading, ...rows.map((row) => row.map((cell) => oneLine(cell)))];
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    const padded = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
    );
    await out.bytesLine(out.text(fitted(padded.join('   ').trimEnd(), out)));
  }
}

/** On a terminal a line does not wrap: the last column, which is the widest, is cut. */
function fitted(line: string, out: Printer): string {
  if (!out.isTerminal || line.length <= out.columns) return line;
  return `${line.slice(0, out.columns - 1)}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
