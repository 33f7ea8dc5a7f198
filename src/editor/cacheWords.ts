import * as vscode from 'vscode';
import {
  parseDockerfile,
  type PathDifference,
  type ReasonCode,
  type StepReason,
  type StepState,
  type StepStatus,
} from '../engine/index.ts';
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

function stateText({ state, reason, text }: StepStatus): string {
  const why = reasonText(reason, text);
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

/**
 * Why, as the end of a sentence that begins with the state.
 *
 * @param instruction as it is written, for what it takes from elsewhere.
 */
export function reasonText(reason: StepReason, instruction = ''): string {
  return reasonTexts[reason.code](reason, instruction).replace(/ {2,}/g, ' ');
}

const reasonTexts: Readonly<Record<ReasonCode, (reason: StepReason, instruction: string) => string>> = {
  found: () => vscode.l10n.t('found in the build cache'),
  'found-in-image': () => vscode.l10n.t('found in an image'),
  'stage-output': (reason, instruction) => {
    const stage = subjectOf(reason, vscode.l10n.t('another stage'));
    const paths = copiedPaths(instruction);
    return paths === ''
      ? vscode.l10n.t('what it takes from {0} stays the same', stage)
      : vscode.l10n.t('{0} of {1} stays the same', paths, stage);
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
  'base-changed': (reason) => vscode.l10n.t('base {0} changed', subjectOf(reason, vscode.l10n.t('image'))),
  'step-above': () => vscode.l10n.t('step above'),
  'not-cached-asked': () => vscode.l10n.t('the build is told not to use the cache'),
  'no-longer-listed': () => vscode.l10n.t('no longer in the build cache'),
  'order-changed': () => vscode.l10n.t('the order of the steps changed'),
  'same-size-and-time': (reason) => vscode.l10n.t('{0}: same size and time', filesText(reason)),
  'not-compared': (reason) => vscode.l10n.t('{0}: the builder does not compare it', filesText(reason)),
  'base-not-asked': (reason) =>
    vscode.l10n.t('base {0} was not asked for', subjectOf(reason, vscode.l10n.t('image'))),
  'list-not-readable': () => vscode.l10n.t('the builder’s list cannot be read'),
  'remote-cache': (reason) => vscode.l10n.t('remote cache {0} was not asked', subjectOf(reason)),
  'remote-source': (reason) =>
    vscode.l10n.t('{0} was not asked', subjectOf(reason, vscode.l10n.t('the source'))),
  'frontend-newer': (reason) => vscode.l10n.t('syntax {0} is newer than Lamina', subjectOf(reason)),
  'not-understood': () => vscode.l10n.t('this builder’s records do not fit what Lamina knows'),
  'no-evidence': () => vscode.l10n.t('no build of this file was seen'),
  'evidence-not-readable': () => vscode.l10n.t('what the builder tells of earlier builds cannot be read'),
  'not-shown': () => vscode.l10n.t('what is known of its last build does not show it'),
  'changed-since': (reason) =>
    vscode.l10n.t(
      '{0} was changed after the last build',
      subjectOf(reason, vscode.l10n.t('a file of the context')),
    ),
  'layers-being-read': () => vscode.l10n.t('the layers of its last build are being read'),
  'no-builder': () => vscode.l10n.t('no builder was found'),
  'context-unreadable': (reason) =>
    vscode.l10n.t('{0} cannot be read', subjectOf(reason, vscode.l10n.t('a file of the context'))),
  invalid: () => vscode.l10n.t('the builder refuses this instruction'),
  metadata: () => vscode.l10n.t('metadata · no layer'),
  'global-argument': () => vscode.l10n.t('argument for FROM · no layer'),
  base: () => vscode.l10n.t('base'),
  'root-directory': () => vscode.l10n.t('the root is there · no layer'),
  'stage-not-needed': () => vscode.l10n.t('not built: nothing needs this stage'),
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

function subjectOf({ subject }: StepReason, otherwise = ''): string {
  return oneLine(subject ?? otherwise).slice(0, 100);
}

/** The sources of a COPY, as they are written. */
function copiedPaths(instruction: string): string {
  const [copy] = parseDockerfile(instruction).instructions;
  const sources = copy?.name === 'COPY' || copy?.name === 'ADD' ? copy.args.slice(0, -1) : [];
  return oneLine(sources.map(({ text }) => text).join(', ')).slice(0, 60);
}

/** `VERSION (1 → 2)` where both are known and short. */
function changeOf(reason: StepReason): string {
  const { before, after } = reason;
  const change = `${oneLine(before ?? '')} \u2192 ${oneLine(after ?? '')}`;
  const isShown = before !== undefined && after !== undefined && change.length <= 40;
  return isShown ? `${subjectOf(reason)} (${change})` : subjectOf(reason);
}
