import * as vscode from 'vscode';
import type { BlobTransfer, TransferResult, TransferWait } from '../../engine/index.ts';
import { countText, oneLine, sizeText } from '../text.ts';
import type { Transfer, TransferDirection } from './transfer.ts';

/** What became of one blob, in docker's words where people know them. */
export function blobStateText({ state }: BlobTransfer, direction: TransferDirection): string {
  switch (state.kind) {
    case 'waiting':
      return vscode.l10n.t('waiting');
    case 'already-here':
      return direction === 'pull' ? vscode.l10n.t('already here') : vscode.l10n.t('already there');
    case 'mounted':
      return vscode.l10n.t('mounted from {0}', oneLine(state.from));
    case 'moving':
      return vscode.l10n.t('{0} of {1}', sizeText(state.done), sizeText(state.total));
    case 'moved':
      return state.resumedAt === undefined
        ? sizeText(state.bytes)
        : resumedText(state.bytes, state.resumedAt);
    case 'failed':
      return oneLine(state.reason);
  }
}

function resumedText(bytes: number, resumedAt: number): string {
  return vscode.l10n.t('{0}, gone on with at {1}', sizeText(bytes), sizeText(resumedAt));
}

/** The end of a transfer in one sentence: what moved, and what sharing saved. */
export function resultText(result: TransferResult, direction: TransferDirection, name: string): string {
  const moved = sizeText(result.movedBytes);
  const total = sizeText(result.totalBytes);
  const bytes =
    direction === 'pull'
      ? vscode.l10n.t('Pulled {0}: {1} of {2} came over the wire.', name, moved, total)
      : vscode.l10n.t('Pushed {0}: {1} of {2} went over the wire.', name, moved, total);
  return [bytes, savedText(result.blobs, direction)].filter((part) => part !== '').join(' ');
}

function savedText(blobs: readonly BlobTransfer[], direction: TransferDirection): string {
  const layers = blobs.filter(({ role }) => role === 'layer');
  const known = layers.filter(({ state }) => state.kind === 'already-here').length;
  const mounted = layers.filter(({ state }) => state.kind === 'mounted').length;
  const counts = [countText(known), countText(layers.length), countText(mounted)];
  if (mounted > 0) return vscode.l10n.t('{0} of {1} layers were already there, {2} were mounted.', ...counts);
  if (known === 0) return '';
  return direction === 'pull'
    ? vscode.l10n.t('{0} of {1} layers were already here.', ...counts)
    : vscode.l10n.t('{0} of {1} layers were already there.', ...counts);
}

/** How far a transfer is, for its line in the view. */
export function transferText(transfer: Transfer): string {
  const what = transfer.direction === 'pull' ? vscode.l10n.t('pull') : vscode.l10n.t('push');
  return `${what} \u00b7 ${progressText(transfer)}`;
}

function progressText({ state, blobs }: Transfer): string {
  if (state === 'cancelled') return vscode.l10n.t('cancelled');
  if (state === 'failed') return vscode.l10n.t('failed');
  const layers = blobs.filter(({ role }) => role === 'layer');
  const settled = layers.filter(({ state: { kind } }) => ['already-here', 'mounted', 'moved'].includes(kind));
  if (state === 'running')
    return vscode.l10n.t('{0} of {1} layers', countText(settled.length), countText(layers.length));
  const moved = blobs.reduce((sum, blob) => sum + (blob.state.kind === 'moved' ? blob.state.bytes : 0), 0);
  const total = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  return vscode.l10n.t('{0} of {1} moved', sizeText(moved), sizeText(total));
}

export function waitText({ reason, host, seconds }: TransferWait): string {
  const wait = String(Math.ceil(seconds));
  return reason === 'rate-limited'
    ? vscode.l10n.t('{0} limits requests; going on in {1} s', oneLine(host), wait)
    : vscode.l10n.t('{0} does not answer now; trying again in {1} s', oneLine(host), wait);
}
