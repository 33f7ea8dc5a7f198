import * as vscode from 'vscode';
import type { LayerHint } from '../../engine/index.ts';
import { pinBase } from './baseFixes.ts';
import type { FixPlace, HintFix } from './fixPlace.ts';
import { copyFirst } from './orderFix.ts';
import { ignoreFile, mountInstead } from './secretFixes.ts';
import { joinRuns, keepInCache, removeThere } from './shellFixes.ts';

/** What can be done about a hint by an edit, the best first; empty where only a person can. */
export async function fixesOf(place: FixPlace, hint: LayerHint): Promise<readonly HintFix[]> {
  const fixes = await allOf(place, hint);
  return fixes.filter((each) => each !== undefined);
}

async function allOf(place: FixPlace, hint: LayerHint): Promise<readonly (HintFix | undefined)[]> {
  switch (hint.kind) {
    case 'left-behind':
      return [removeThere(place, hint), keepInCache(place, hint)];
    case 'deleted-later':
      return [joinRuns(place, hint)];
    case 'early-copy':
      return [copyFirst(place, hint)];
    case 'secret':
      return [mountInstead(place, hint), await ignoreFile(place, hint)];
    case 'moved-base':
      return [
        pinBase(place, hint, hint.before, (image) =>
          vscode.l10n.t('Keep the image of the last build: {0}', image),
        ),
        pinBase(place, hint, hint.after, (image) => vscode.l10n.t('Stay with the image of now: {0}', image)),
      ];
  }
}
