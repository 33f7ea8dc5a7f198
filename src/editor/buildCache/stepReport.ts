import * as vscode from 'vscode';
import type { Evidence, StepReason, StepStatus } from '../../engine/index.ts';
import { differenceText, reasonText, statusText } from '../cacheWords.ts';
import { ageText, countText, oneLine } from '../text.ts';

// What hover, quick pick and report say of one step beyond its line.

/** The status as a sentence of its own, with the line that decides. */
export function statusSentence(step: StepStatus, steps: readonly StepStatus[]): string {
  const { reason } = step;
  const cause = reason.instruction === undefined ? undefined : steps[reason.instruction];
  const isElsewhere = cause !== undefined && cause.instruction !== step.instruction;
  const text = statusText(step);
  return isElsewhere ? `${text} (${lineText(cause)}: ${reasonText(cause.reason)})` : text;
}

export function lineText({ lines }: StepStatus): string {
  return vscode.l10n.t('line {0}', lines.first);
}

/** Files that differ, and how many more. */
export function pathLines(
  { paths = [], pathCount = paths.length }: StepReason,
  most: number,
): readonly string[] {
  const shown = paths.slice(0, most).map(differenceText);
  const more = pathCount - shown.length;
  return more > 0 ? [...shown, vscode.l10n.t('{0} more', countText(more))] : shown;
}

/** `before → after`, each with its name, where the reason has them. */
export function changeRows({
  before,
  after,
}: StepReason): readonly (readonly [string, string | undefined])[] {
  return [
    [vscode.l10n.t('Before'), before && oneLine(before)],
    [vscode.l10n.t('Now'), after && oneLine(after)],
  ];
}

/** The build that tells the most; of two that tell as much, the newer one. */
export function bestEvidence(all: readonly Evidence[]): Evidence | undefined {
  const ranks: readonly Evidence['kind'][] = [
    'lamina',
    'inline-cache',
    'history-record',
    'builder-images',
    'image',
  ];
  const rankOf = ({ kind }: Evidence): number => ranks.indexOf(kind);
  return all.toSorted((a, b) => rankOf(a) - rankOf(b) || (b.builtAt ?? 0) - (a.builtAt ?? 0))[0];
}

/** `a build through Lamina, 2 hours ago`. */
export function evidenceText({ kind, subject, builtAt, isChecked }: Evidence): string {
  const kinds: Readonly<Record<Evidence['kind'], string>> = {
    lamina: vscode.l10n.t('a build through Lamina'),
    'inline-cache': vscode.l10n.t('the cache that an image carries'),
    'history-record': vscode.l10n.t('the builder’s record of a build'),
    'builder-images': vscode.l10n.t('the builder’s images'),
    image: vscode.l10n.t('an image’s history and layers'),
  };
  // A record's own name means nothing to people.
  const name = kind === 'history-record' ? undefined : subject && oneLine(subject);
  const about = [kinds[kind], name, builtAt && ageText(builtAt / 1000)];
  const checked = isChecked ? vscode.l10n.t('compared with the builder’s list') : undefined;
  return [...about, checked].filter(Boolean).join(', ');
}
