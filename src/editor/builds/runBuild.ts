import * as vscode from 'vscode';
import { type BuildOutcome, type BuildRequest, type BuildRow } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { parsedDocument } from '../dockerfiles.ts';
import { withCancellable } from '../progress.ts';
import { countText, oneLine } from '../text.ts';
import type { BuildFailures } from './buildFailures.ts';
import type { BuildOutput } from './buildOutput.ts';
import { type PreparedBuild, prepareBuild, withTag } from './prepareBuild.ts';
import { whileShownLive } from './whileShownLive.ts';

export interface BuildParts {
  readonly builds: DockerfileBuilds;
  readonly output: BuildOutput;
  readonly failures: BuildFailures;
}

/** Builds a Dockerfile's image, and shows at its lines how far it is. */
export async function buildImage(parts: BuildParts, args: readonly unknown[]): Promise<void> {
  const prepared = await prepareBuild(parts.builds, args);
  const request = prepared && (await withTag(parts.builds, prepared));
  if (prepared === undefined || request === undefined) return;
  parts.failures.clear(prepared.document.uri);
  const outcome = await run(parts, prepared, request);
  if (outcome.failure === undefined) await showSuccess(parts, outcome, request);
  else {
    parts.failures.show(prepared.document, outcome.failure);
    await showFailed(parts, outcome.failure.message);
  }
}

function run(
  { builds, output }: BuildParts,
  { document, builder }: PreparedBuild,
  request: BuildRequest,
): Promise<BuildOutcome> {
  const name = request.tags[0] ?? vscode.workspace.asRelativePath(document.uri);
  return withCancellable(vscode.l10n.t('Building {0}', oneLine(name)), (signal, progress) =>
    whileShownLive(builds, document, parsedDocument(document).instructions, (onRow) => {
      output.begin(builds.states.of(document.uri).answer?.report.command ?? '');
      return builds.builds().build(builder, request, {
        signal,
        onRow: (row) => {
          onRow(row);
          output.row(row);
          if (row.state === 'running') progress.report({ message: oneLine(row.name).slice(0, 100) });
        },
        onLog: (log) => {
          output.log(log);
        },
      });
    }),
  );
}

async function showSuccess(
  { output }: BuildParts,
  { rows, image }: BuildOutcome,
  { tags }: BuildRequest,
): Promise<void> {
  const steps = rows.filter(({ instruction }) => instruction !== undefined);
  const cached = steps.filter(isCached).length;
  const name = oneLine(tags[0] ?? image ?? '');
  const text = vscode.l10n.t(
    'Built {0}: {1} of {2} steps were cached.',
    name,
    countText(cached),
    countText(steps.length),
  );
  const showLog = vscode.l10n.t('Show Log');
  if ((await vscode.window.showInformationMessage(text, showLog)) === showLog) output.show();
}

function isCached({ state }: BuildRow): boolean {
  return state === 'cached';
}

async function showFailed({ output }: BuildParts, message: string): Promise<void> {
  const showLog = vscode.l10n.t('Show Log');
  const text = vscode.l10n.t('The build failed: {0}', oneLine(message).slice(0, 300));
  if ((await vscode.window.showErrorMessage(text, showLog)) === showLog) output.show();
}
