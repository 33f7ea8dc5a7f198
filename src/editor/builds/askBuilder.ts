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
  const cached = countText(steps.filter(({ state }) => state === 'cached').length);
  const first = steps.find(({ state }) => state !== 'cached' && state !== 'waiting');
  return first === undefined
    ? vscode.l10n.t('The builder has all {0} steps in its cache.', cached)
    : vscode.l10n.t(
        'The builder has {0} steps in its cache, and makes again: {1}',
        cached,
        oneLine(first.name),
      );
}
