import * as vscode from 'vscode';
import type { PathDifference, ReasonCode, StepReason, StepState, StepStatus } from '../engine/index.ts';
import { countText, oneLine, shortId, sizeText } from './text.ts';

// What the next build makes of an instruction, in words. The table of reasons is the only one: lens, hover, report and
// quick pick take theirs from it.

/** One short line: `cached · a1b2c3 · 60.7 MB`, `rebuilds: app.py changed`. */
export function statusText(step: StepStatus): string {
  return [stateText(step), ...layerParts(step)].join(' \u00b7 ');
}

/** The same with an icon, where icons are drawn. The words say it all without it. */
export function statusTitle(step: StepStatus): string {
  return `$(${stateIcons[step.state]}) ${iconless(statusText(step))}`;
}

export const stateIcons: Readonly<Record<StepState, string>> = {
  cached: 'check',
  likely: 'check',
  depends: 'git-compare',
  rebuild: 'sync',
  stale: 'warning',
  unknown: 'question',
  'no-step': 'dash',
};

/** Text of a file or an engine, in which nothing is drawn as an icon. */
export function iconless(text: string): string {
  return text.replace(/\$\(/g, '$\u200b(');
}

function stateText({ state, reason }: StepStatus): string {
  const why = reasonText(reason);
  switch (state) {
    case 'cached':
      return vscode.l10n.t('cached');
    case 'likely':
      return vscode.l10n.t('cached, not confirmed');
    case 'depends':
      return vscode.l10n.t('cached if {0}', why);
    case 'rebuild':
      return vscode.l10n.t('rebuilds: {0}', why);
    case 'stale':
      return vscode.l10n.t('cached, but {0}', why);
    case 'unknown':
      return vscode.l10n.t('unknown: {0}', why);
    case 'no-step':
      return why;
  }
}

/** What is made again has its old layer still, but it is not what the line is about. */
function layerParts({ state, layer }: StepStatus): readonly string[] {
  if (layer === undefined || !(state === 'cached' || state === 'likely' || state === 'stale')) return [];
  const id = shortId(layer.diffId ?? layer.digest)?.slice(0, 6);
  const size = layer.size === undefined ? undefined : sizeText(layer.size);
  return [id, size].filter((each) => each !== undefined);
}

/** Why, as the end of a sentence that begins with the state. */
export function reasonText(reason: StepReason): string {
  return reasonTexts[reason.code](reason);
}

const reasonTexts: Readonly<Record<ReasonCode, (reason: StepReason) => string>> = {
  found: () => vscode.l10n.t('found in the build cache'),
  'found-in-image': () => vscode.l10n.t('found in an image'),
  'stage-output': (reason) => {
    const stage = subjectOf(reason);
    const path = reason.paths?.[0]?.path;
    return path === undefined
      ? vscode.l10n.t('what it takes from {0} stays the same', stage)
      : vscode.l10n.t('{0} of {1} stays the same', oneLine(path), stage);
  },
  'never-built': () => vscode.l10n.t('not built before'),
  'text-changed': () => vscode.l10n.t('its text changed'),
  'argument-changed': (reason) => vscode.l10n.t('argument {0} changed', changeOf(reason)),
  'environment-changed': (reason) => vscode.l10n.t('variable {0} changed', changeOf(reason)),
  'user-changed': () => vscode.l10n.t('the user changed'),
  'directory-changed': () => vscode.l10n.t('the working directory changed'),
  'shell-changed': () => vscode.l10n.t('the shell changed'),
  'network-changed': () => vscode.l10n.t('the network changed'),
  'mount-changed': (reason) => vscode.l10n.t('mount {0} changed', subjectOf(reason)),
  'destination-changed': () => vscode.l10n.t('the destination changed'),
  'flag-changed': (reason) => vscode.l10n.t('flag {0} changed', subjectOf(reason)),
  'option-changed': (reason) => vscode.l10n.t('option {0} of the build changed', subjectOf(reason)),
  'files-changed': filesText,
  'base-changed': (reason) => vscode.l10n.t('base {0} changed', subjectOf(reason)),
  'step-above': () => vscode.l10n.t('step above'),
  'not-cached-asked': () => vscode.l10n.t('the build is told not to use the cache'),
  'no-longer-listed': () => vscode.l10n.t('no longer in the build cache'),
  'order-changed': () => vscode.l10n.t('the order of the steps changed'),
  'same-size-and-time': (reason) => vscode.l10n.t('{0}: same size and time', filesText(reason)),
  'not-compared': (reason) => vscode.l10n.t('{0}: the builder does not compare it', filesText(reason)),
  'base-not-asked': (reason) => vscode.l10n.t('base {0} was not asked for', subjectOf(reason)),
  'list-not-readable': () => vscode.l10n.t('the builder’s list cannot be read'),
  'remote-cache': (reason) => vscode.l10n.t('remote cache {0} was not asked', subjectOf(reason)),
  'remote-source': (reason) => vscode.l10n.t('{0} was not asked', subjectOf(reason)),
  'frontend-newer': (reason) => vscode.l10n.t('syntax {0} is newer than Lamina', subjectOf(reason)),
  'not-understood': () => vscode.l10n.t('this builder’s records do not fit what Lamina knows'),
  'no-evidence': () => vscode.l10n.t('no build of this file was seen'),
  'no-builder': () => vscode.l10n.t('no builder was found'),
  'context-unreadable': (reason) => vscode.l10n.t('{0} cannot be read', subjectOf(reason)),
  invalid: () => vscode.l10n.t('the builder refuses this instruction'),
  metadata: () => vscode.l10n.t('metadata \u00b7 no layer'),
  'global-argument': () => vscode.l10n.t('argument for FROM \u00b7 no layer'),
  base: () => vscode.l10n.t('base'),
  'root-directory': () => vscode.l10n.t('the root is there \u00b7 no layer'),
  'stage-not-needed': () => vscode.l10n.t('not built: nothing needs this stage'),
  'ignored-by-builder': (reason) => vscode.l10n.t('{0} is ignored by this builder', subjectOf(reason)),
};

/** `app.py changed`, `app.py is new`, `app.py and 3 more changed`. */
function filesText({ paths = [], pathCount = paths.length }: StepReason): string {
  const [first] = paths;
  if (first === undefined) return vscode.l10n.t('files changed');
  if (pathCount > 1)
    return vscode.l10n.t('{0} and {1} more changed', oneLine(first.path), countText(pathCount - 1));
  return differenceText(first);
}

/** What became of one file. */
export function differenceText({ path, change }: PathDifference): string {
  const name = oneLine(path);
  switch (change) {
    case 'added':
      return vscode.l10n.t('{0} is new', name);
    case 'removed':
      return vscode.l10n.t('{0} is gone', name);
    case 'content':
      return vscode.l10n.t('{0} changed', name);
    case 'mode':
      return vscode.l10n.t('mode of {0} changed', name);
    case 'link':
      return vscode.l10n.t('link {0} leads elsewhere', name);
    case 'type':
      return vscode.l10n.t('{0} is of another kind', name);
    case 'owner':
      return vscode.l10n.t('owner of {0} changed', name);
  }
}

function subjectOf({ subject }: StepReason): string {
  return oneLine(subject ?? '').slice(0, 100);
}

/** `VERSION (1 → 2)` where both are known and short. */
function changeOf(reason: StepReason): string {
  const { before, after } = reason;
  const change = `${oneLine(before ?? '')} \u2192 ${oneLine(after ?? '')}`;
  const isShown = before !== undefined && after !== undefined && change.length <= 40;
  return isShown ? `${subjectOf(reason)} (${change})` : subjectOf(reason);
}
