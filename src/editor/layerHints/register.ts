import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { chosenDockerfile, dockerfileSelector } from '../dockerfiles.ts';
import { withProgress } from '../progress.ts';
import { StepLayers } from '../stepLayers.ts';
import { LayerHints } from './layerHints.ts';

/** What the layers of an image prove against its Dockerfile. */
export function registerLayerHints(context: EditorContext, builds: DockerfileBuilds): CommandTable {
  const hints = new LayerHints(context, builds, new StepLayers(context));
  const kinds = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
  context.subscriptions.push(
    hints,
    vscode.languages.registerCodeActionsProvider(dockerfileSelector, hints, kinds),
  );
  return { 'lamina.checkLayers': (...args) => checkLayers(builds, hints, args) };
}

/** Reads the layers of the last build, wherever they are, and tells what was found. */
async function checkLayers(
  builds: DockerfileBuilds,
  hints: LayerHints,
  args: readonly unknown[],
): Promise<void> {
  const document = await chosenDockerfile(args);
  if (document === undefined) return;
  await builds.states.settled(document.uri);
  await withProgress(vscode.l10n.t('Reading the layers of the last build'), () =>
    hints.check(document.uri, true),
  );
  await vscode.commands.executeCommand('workbench.actions.view.problems');
}
