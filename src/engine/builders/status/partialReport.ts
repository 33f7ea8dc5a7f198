import type { CacheReport, StepStatus } from '../../build/cache/cacheReport.ts';
import { toReason } from '../../build/cache/reasonTexts.ts';

/**
 * What of an answer holds whatever the layers will tell: what the builder has by an exact key, and what is no step. They
 * may show a build that the answer knows nothing of, so that nothing else is claimed.
 */
export function partialReport(report: CacheReport): CacheReport {
  return { ...report, steps: report.steps.map(whatIsSure), triggers: report.triggers.map(whatIsSure) };
}

function whatIsSure(step: StepStatus): StepStatus {
  const { state, reason } = step;
  const isSure = state === 'cached' || state === 'no-step' || reason.code === 'not-cached-asked';
  // Another reason for not knowing is as true now.
  if (isSure || (state === 'unknown' && !mayBeShown.has(reason.code))) return step;
  return { ...step, state: 'unknown', reason: toReason({ code: 'layers-being-read' }) };
}

/** Reasons for not knowing that layers may take away. */
const mayBeShown: ReadonlySet<StepStatus['reason']['code']> = new Set([
  'no-evidence',
  'evidence-not-readable',
  'not-shown',
  'changed-since',
]);
