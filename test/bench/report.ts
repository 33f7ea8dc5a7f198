import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One figure of the bench. */
export interface Figure {
  /** The name under which `budgets.json` has its ceiling. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'bytes' | 'bytes/entry';
  /** The figure as a ratio of something measured in the same run; only ratios have ceilings. */
  readonly ratio?: number;
  readonly ratioOf?: string;
}

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly isSmall: boolean;
  readonly inputs: readonly string[];
  readonly figures: readonly Figure[];
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
}

export type Budgets = Readonly<Record<string, { readonly ceiling: number; readonly of: string }>>;

export function readBudgets(): Budgets {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, 'budgets.json'), 'utf8')) as Budgets;
}

/** The report as a table for people. */
export function tableOf(report: Report, budgets: Budgets): string {
  const rows = report.figures.map((figure) => {
    const ceiling = budgets[figure.id]?.ceiling;
    const ratio = figure.ratio === undefined ? '' : figure.ratio.toPrecision(3);
    const verdict =
      ceiling === undefined || figure.ratio === undefined ? '' : figure.ratio <= ceiling ? 'within' : 'OVER';
    return [figure.what, amountText(figure), ratio, figure.ratioOf ?? '', ceiling?.toString() ?? '', verdict];
  });
  const cells = [['what', 'figure', 'ratio', 'of', 'budget', ''], ...rows];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const head = [
    `${report.machine}, Node ${report.node}`,
    ...report.inputs.map((input) => `input: ${input}`),
    '',
  ];
  return [...head, ...lines, ...report.missing.map((text) => `not measured: ${text}`)].join('\n');
}

/** The figures beyond `times` their ceiling. */
export function exceeded(report: Report, budgets: Budgets, times: number): readonly Figure[] {
  return report.figures.filter(({ id, ratio }) => {
    const ceiling = budgets[id]?.ceiling;
    return ceiling !== undefined && ratio !== undefined && ratio > ceiling * times;
  });
}

function amountText({ value, unit }: Figure): string {
  if (unit === 'bytes/entry') return `${value.toFixed(0)} B/entry`;
  if (unit === 'bytes')
    return value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
  return value < 100 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`;
}
