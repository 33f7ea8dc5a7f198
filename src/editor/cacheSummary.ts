import * as vscode from 'vscode';
import type { CacheReport, StepStatus } from '../engine/index.ts';
import { countText, oneLine, sizeText } from './text.ts';

/** What a build will do, in figures. */
export interface CacheSummary {
  readonly steps: number;
  /** Taken from the cache, as far as can be seen. */
  readonly cached: number;
  readonly unknown: number;
  /** Bytes of the layers that are made again, as large as they were; undefined when none is known. */
  readonly bytesAgain: number | undefined;
}

/** @param stage counts the steps of one stage; those of all when left out. */
export function summarize({ steps: all }: CacheReport, stage?: string): CacheSummary {
  const steps = all.filter(
    (step) => step.state !== 'no-step' && (stage === undefined || step.stage === stage),
  );
  const sizes = steps.filter(isMadeAgain).map(lastSize);
  const known = sizes.filter((size) => size !== undefined);
  return {
    steps: steps.length,
    cached: steps.filter(isCached).length,
    unknown: steps.filter(({ state }) => state === 'unknown').length,
    bytesAgain: known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0),
  };
}

function isCached({ state }: StepStatus): boolean {
  return state === 'cached' || state === 'likely' || state === 'stale';
}

function isMadeAgain({ state }: StepStatus): boolean {
  return state === 'rebuild' || state === 'depends';
}

/** What stood in the place of a step that was never built says nothing of its size. */
function lastSize({ layer, reason }: StepStatus): number | undefined {
  return reason.code === 'never-built' ? undefined : layer?.size;
}

/** `7 of 9 steps cached · about 140 MB to make again`. */
export function summaryText(summary: CacheSummary): string {
  const { steps, cached, unknown, bytesAgain } = summary;
  if (steps === 0) return vscode.l10n.t('no steps');
  const parts = [vscode.l10n.t('{0} of {1} steps cached', countText(cached), countText(steps))];
  if (unknown > 0) parts.push(vscode.l10n.t('{0} unknown', countText(unknown)));
  if (bytesAgain !== undefined) parts.push(vscode.l10n.t('about {0} to make again', sizeText(bytesAgain)));
  return parts.join(' \u00b7 ');
}

/** `BuildKit 0.33 in Docker Engine 29 · docker build -t app .` */
export function assumedText({ builder, command }: CacheReport): string {
  return `${oneLine(builder.name)} \u00b7 ${oneLine(command)}`;
}
