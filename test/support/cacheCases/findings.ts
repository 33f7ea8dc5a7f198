import type { JudgedStep } from './verdicts.ts';
import { describeStep } from './verdicts.ts';

/** One status that does not hold or says little, with what is needed to look into it. */
export interface Finding {
  readonly builder: string;
  readonly case: string;
  /** `letters`: the builder did another thing than the case expects. */
  readonly evidence: string;
  readonly isWrong: boolean;
  readonly lines: readonly string[];
}

/** What of a judged report is not right; undefined when all is. */
export function findingOf(
  where: Pick<Finding, 'builder' | 'case' | 'evidence'>,
  judged: readonly JudgedStep[],
): Finding | undefined {
  const poor = judged.filter(({ verdict }) => verdict !== 'right' && verdict !== 'not-scored');
  if (poor.length === 0) return undefined;
  const isWrong = poor.some(({ verdict }) => verdict === 'wrong');
  return { ...where, isWrong, lines: poor.map(describeStep) };
}

/** For people, one below the other. */
export function describeFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ builder, case: id, evidence, lines }) =>
      [`${builder}: ${id} [${evidence}]`, ...lines].join('\n    '),
    )
    .join('\n');
}
