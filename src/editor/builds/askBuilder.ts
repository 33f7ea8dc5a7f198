import * as vscode from 'vscode';
import type { BuildRow } from '../../engine/index.ts';
import { parsedDocument } from '../dockerfiles.ts';
import { withCancellable } from '../progress.ts';
import { countText, oneLine } from '../text.ts';
import { prepareBuild } from './prepareBuild.ts';
import type { BuildParts } from './runBuild.ts';
import { whileShownLive } from './whileShownLive.ts';

/** Starts a build and stops it at the first step that is not cached: what the builder itself says. */
export async function askBuilder({ builds, output }: BuildParts, args: readonly unknown[]): Promise<void> {
  const prepared = await prepareBuild(builds, args);
  if (prepared === undefined || !(await isConfirmed())) return;
  const { document, builder, request } = prepared;
  const rows = await withCancellable(vscode.l10n.t('Asking the builder'), (signal) =>
    whileShownLive(builds, document, parsedDocument(document).instructions, (onRow) => {
      output.begin(builds.states.of(document.uri).answer?.report.command ?? '');
      return builds.builds().ask(builder, request, {
        signal,
        onRow: (row) => {
          onRow(row);
          output.row(row);
        },
      });
    }),
  );
  void vscode.window.showInformationMessage(answerText(rows));
}

/** A RUN may have begun before the builder was stopped. */
async function isConfirmed(): Promise<boolean> {
  const ask = vscode.l10n.t('Ask');
  const message = vscode.l10n.t('Ask the builder what is cached?');
  const detail = vscode.l10n.t(
    'This starts a build and stops it at the first step that is not cached. Files may be copied, and a RUN may begin before it is stopped.',
  );
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, ask)) === ask;
}

function answerText(rows: readonly BuildRow[]): string {
  const steps = rows.filter(({ instruction }) => instruction !== undefined);
  const cached = steps.filter(({ state }) => state === 'cached').length;
  const first = steps.find(({ state }) => state !== 'cached' && state !== 'waiting');
  if (first === undefined) return vscode.l10n.t('The builder has everything in its cache.');
  const name = oneLine(first.name);
  if (cached === 0)
    return vscode.l10n.t('The builder has none of the steps in its cache. It begins with {0}', name);
  return cached === 1
    ? vscode.l10n.t('The builder has 1 step in its cache. The first that it makes again is {0}', name)
    : vscode.l10n.t(
        'The builder has {0} steps in its cache. The first that it makes again is {1}',
        countText(cached),
        name,
      );
}
