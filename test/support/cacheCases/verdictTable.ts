import type { JudgedStep, Verdict } from './verdicts.ts';

/** Counts of one builder and one kind of evidence. */
export interface VerdictRow {
  readonly builder: string;
  readonly evidence: string;
  readonly cases: number;
  readonly counts: Readonly<Record<Verdict, number>>;
}

const none: VerdictRow['counts'] = {
  right: 0,
  depends: 0,
  likely: 0,
  unknown: 0,
  wrong: 0,
  'not-scored': 0,
};

/** Collects verdicts, and prints them as the table of builders and kinds of evidence. */
export class VerdictTable {
  readonly #rows = new Map<string, VerdictRow>();

  add(builder: string, evidence: string, judged: readonly JudgedStep[]): void {
    const counts = { ...none };
    for (const { verdict } of judged) counts[verdict] += 1;
    this.#count(builder, evidence, { cases: 1, counts });
  }

  #count(builder: string, evidence: string, more: Pick<VerdictRow, 'cases' | 'counts'>): void {
    const key = `${builder}\0${evidence}`;
    const row = this.#rows.get(key) ?? { builder, evidence, cases: 0, counts: none };
    const counts = { ...row.counts };
    for (const verdict of Object.keys(none) as Verdict[]) counts[verdict] += more.counts[verdict];
    this.#rows.set(key, { ...row, cases: row.cases + more.cases, counts });
  }

  get rows(): readonly VerdictRow[] {
    return [...this.#rows.values()];
  }

  /** All builders together, but one that has only part of what the others have, which stays alone. */
  byEvidence(): readonly VerdictRow[] {
    const whole = new VerdictTable();
    for (const row of this.rows)
      whole.#count(row.builder.includes('alone') ? row.builder : 'all', row.evidence, row);
    return whole.rows;
  }

  toString(): string {
    const head = [
      'builder',
      'evidence',
      'cases',
      'steps',
      'right',
      'depends',
      'likely',
      'unknown',
      'wrong',
      '%',
    ];
    const lines = this.rows.map((row) => {
      const { right, depends, likely, unknown, wrong } = row.counts;
      const numbers = [row.cases, stepsOf(row), right, depends, likely, unknown, wrong];
      return [row.builder, row.evidence, ...numbers.map(String), percentRight(row).toFixed(1)];
    });
    return aligned([head, ...lines]);
  }
}

/** Of the steps that are scored; all of none. */
export function percentRight(row: VerdictRow): number {
  const steps = stepsOf(row);
  return steps === 0 ? 100 : (100 * row.counts.right) / steps;
}

function stepsOf({ counts }: VerdictRow): number {
  const { right, depends, likely, unknown, wrong } = counts;
  return right + depends + likely + unknown + wrong;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (text: string, column: number): string =>
    column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join('  ')).join('\n');
}
