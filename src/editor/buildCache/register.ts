import path from 'node:path';
import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { chosenDockerfile, dockerfileSelector } from '../dockerfiles.ts';
import type { DockerfileDocuments } from '../documents.ts';
import { buildCacheUri, documentScheme } from '../uri.ts';
import { buildCacheText } from './buildCacheText.ts';
import { CacheLenses } from './cacheLenses.ts';
import { CacheStatusBar } from './cacheStatusBar.ts';
import { explainStep } from './explainStep.ts';
import { LineEnds } from './lineEnds.ts';
import { LineLinks } from './lineLinks.ts';
import { ReportProblems } from './reportProblems.ts';
import { compareWithLayerCopy, goToInstruction, showStepLayer } from './stepCommands.ts';
import { StepHover } from './stepHover.ts';
import { StepLayers } from '../stepLayers.ts';

/** What the next build of a Dockerfile reuses, line by line, and why. */
export function registerBuildCache(context: EditorContext, builds: DockerfileBuilds): CommandTable {
  const { languages } = vscode;
  const layers = new StepLayers(context);
  const lenses = new CacheLenses(builds, context.settings);
  const texts = { scheme: documentScheme, language: 'lamina-build-cache' };
  context.subscriptions.push(
    lenses,
    languages.registerCodeLensProvider(dockerfileSelector, lenses),
    languages.registerHoverProvider(dockerfileSelector, new StepHover(builds, layers)),
    languages.registerDocumentLinkProvider(texts, new LineLinks()),
    new LineEnds(builds, context.settings),
    new CacheStatusBar(builds),
    new ReportProblems(builds),
  );
  return {
    'lamina.explainBuildCache': (...args) => explainBuildCache(builds, args),
    'lamina.refreshBuildCache': () => {
      builds.builders.forget();
      builds.states.refreshWithRegistries();
    },
    'lamina.explainStep': (...args) => explainStep(builds, args),
    'lamina.showStepLayer': (...args) => showStepLayer(builds, layers, args),
    'lamina.compareWithLayerCopy': (...args) => compareWithLayerCopy(builds, layers, args),
    'lamina.goToInstruction': (...args) => goToInstruction(args),
  };
}

export function buildCacheDocuments({ states }: DockerfileBuilds): DockerfileDocuments {
  return {
    onDidChange: states.onDidChange,
    render: async (dockerfile) => {
      const state = await states.settled(vscode.Uri.file(dockerfile));
      return buildCacheText(path.basename(dockerfile), state);
    },
  };
}

async function explainBuildCache({ states }: DockerfileBuilds, args: readonly unknown[]): Promise<void> {
  const document = await chosenDockerfile(args);
  if (document === undefined) return;
  states.refreshWithRegistries(document.uri.fsPath);
  const name = path.basename(document.uri.fsPath);
  const title = `${vscode.l10n.t('Build cache of {0}', name)}.build-cache`;
  await vscode.commands.executeCommand('vscode.open', buildCacheUri(document.uri.fsPath, title));
}
