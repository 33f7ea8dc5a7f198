import * as vscode from 'vscode';
import type { BuildRow, CacheReport, Instruction, InstructionName, StepStatus } from '../../engine/index.ts';
import { assumedText, summarize, summaryText } from '../cacheSummary.ts';
import { iconless, reasonText, statusTitle } from '../cacheWords.ts';
import { failureText } from '../failures.ts';
import type { CacheState, Obstacle } from '../followedDockerfile.ts';
import { countText, oneLine } from '../text.ts';

/** What one instruction's line says. */
export interface LineFacts {
  readonly instruction: Instruction;
  /** As it was found the last time; undefined when it never was. */
  readonly step: StepStatus | undefined;
  /** Of a build that runs. */
  readonly row: BuildRow | undefined;
  readonly state: CacheState;
}

/** The lens of an instruction; of FROM, that of its stage. */
export function lineTitle({ instruction, step, row, state }: LineFacts): string {
  if (row !== undefined && isTold(row, instruction)) return rowTitle(row);
  const waiting = step && state.answer?.isPartial === true ? waitingText(step) : undefined;
  if (waiting !== undefined) return `$(ellipsis) ${waiting}`;
  const known = step === undefined ? undefined : stepTitle(step, state.answer?.report);
  if (state.isPending) return `$(ellipsis) ${known ?? vscode.l10n.t('checking…')}`;
  // Of a builder that may not be asked it is said why.
  if (step?.reason.code === 'no-builder' && state.obstacle !== undefined)
    return withoutStatus(instruction, state.obstacle);
  return known ?? withoutStatus(instruction, state.obstacle);
}

/** What is not sure before the layers have been read. */
function waitingText({ reason }: StepStatus): string | undefined {
  if (reason.code === 'base') return vscode.l10n.t('checking…');
  if (reason.code === 'layers-being-read') return vscode.l10n.t('reading the layers of its last build…');
  return undefined;
}

function stepTitle(step: StepStatus, report: CacheReport | undefined): string {
  if (report === undefined || step.reason.code !== 'base') return statusTitle(step);
  return `$(layers) ${iconless(stageText(step, report))}`;
}

/** `build: 3 of 5 steps cached`; the only stage needs no name. */
function stageText({ stage }: StepStatus, report: CacheReport): string {
  const isOnlyOne = report.steps.filter(({ reason }) => reason.code === 'base').length === 1;
  const summary = summaryText(summarize(report, stage));
  return isOnlyOne ? summary : vscode.l10n.t('{0}: {1}', oneLine(stage), summary);
}

/** What is sure without any answer, and why there is none. */
function withoutStatus({ name }: Instruction, obstacle: Obstacle | undefined): string {
  if (name !== undefined && !stepNames.has(name))
    return `$(dash) ${reasonText({ code: 'metadata', text: '' })}`;
  const why = obstacle === undefined ? vscode.l10n.t('not looked at yet') : obstacleText(obstacle);
  return `$(question) ${iconless(vscode.l10n.t('unknown: {0}', why))}`;
}

export const stepNames: ReadonlySet<InstructionName> = new Set(['FROM', 'RUN', 'COPY', 'ADD', 'WORKDIR']);

export function obstacleText(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'no-context':
      return vscode.l10n.t('the build context is not known');
    case 'no-builder':
      return vscode.l10n.t('no builder was found');
    case 'untrusted':
      return vscode.l10n.t('this folder is not trusted');
    case 'failed':
      return failureText(obstacle.error);
  }
}

/** The lens that says for whom all this holds: `BuildKit 0.33 in Docker Engine 29 · docker build .` */
export function assumptionTitle({ answer, obstacle, isPending }: CacheState): string {
  if (obstacle?.kind === 'no-context') return `$(folder) ${vscode.l10n.t('Choose the build context…')}`;
  const assumed = answer && iconless(assumedText(answer.report));
  if (obstacle?.kind === 'untrusted')
    return `$(shield) ${vscode.l10n.t('No builder is asked before you trust this folder…')}`;
  if (obstacle !== undefined)
    return `$(warning) ${[iconless(obstacleText(obstacle)), assumed].filter(Boolean).join(' \u00b7 ')}`;
  if (assumed !== undefined) return `$(tools) ${assumed}`;
  return isPending ? `$(ellipsis) ${vscode.l10n.t('looking for a builder…')}` : '$(tools)';
}

/** FROM has a row that says little: what it has is fetched when something needs it, and told as done or as cached. */
function isTold({ state }: BuildRow, { name }: Instruction): boolean {
  return name === 'FROM' ? state === 'running' || state === 'failed' : state !== 'waiting';
}

function rowTitle(row: BuildRow): string {
  switch (row.state) {
    case 'running':
      return `$(sync~spin) ${vscode.l10n.t('running · {0} s', secondsText(row))}`;
    case 'cached':
      return `$(check) ${vscode.l10n.t('cached')}`;
    case 'done':
      return `$(pass-filled) ${vscode.l10n.t('done · {0} s', secondsText(row))}`;
    case 'failed':
      return `$(error) ${vscode.l10n.t('failed')}`;
    case 'cancelled':
      return `$(circle-slash) ${vscode.l10n.t('cancelled')}`;
    case 'waiting':
      return `$(clock) ${vscode.l10n.t('waiting')}`;
  }
}

function secondsText({ started, completed = Date.now() }: BuildRow): string {
  const seconds = started === undefined ? 0 : Math.max(0, completed - started) / 1000;
  return countText(seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds));
}

/** For speech and for lines' ends, where no icon is drawn. */
export function withoutIcons(title: string): string {
  return title.replace(/\$\([\w~-]+\) ?/g, '').replace(/\u200b/g, '');
}
