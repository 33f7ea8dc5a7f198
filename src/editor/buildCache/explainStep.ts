import * as vscode from 'vscode';
import type { StepStatus } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { oneLine, pickText } from '../text.ts';
import { linesOf } from './dockerfileLines.ts';
import { lineTitle, withoutIcons } from './lensTitles.ts';
import { type StepPlace, stepPlaceOf } from './stepArguments.ts';
import { lineText, statusSentence } from './stepReport.ts';

interface Action extends vscode.QuickPickItem {
  readonly run?: readonly [command: string, ...args: unknown[]];
}

const mostFiles = 20;

/** Says why an instruction is cached or not, and offers what can be done about it. */
export async function explainStep(builds: DockerfileBuilds, args: readonly unknown[]): Promise<void> {
  const place = await stepPlaceOf(args);
  if (place === undefined) return;
  const line = linesOf(builds, place.document)[place.at];
  if (line === undefined) return;
  const steps = line.state.answer?.report.steps ?? [];
  const title = line.step === undefined ? withoutIcons(lineTitle(line)) : statusSentence(line.step, steps);
  const actions = [
    ...(line.state.obstacle?.kind === 'untrusted' ? [trust()] : []),
    ...(line.step === undefined ? [] : stepActions(place, line.step, steps)),
    ...common(place),
  ];
  const placeHolder = oneLine(line.instruction.original).slice(0, 200);
  const chosen = await vscode.window.showQuickPick(actions, { title, placeHolder, matchOnDescription: true });
  if (chosen?.run !== undefined) await vscode.commands.executeCommand(...chosen.run);
}

function stepActions(
  { document: { uri }, at }: StepPlace,
  { layer, reason, instruction }: StepStatus,
  steps: readonly StepStatus[],
): readonly Action[] {
  const actions: Action[] = [];
  const cause = reason.instruction === undefined ? undefined : steps[reason.instruction];
  if (cause !== undefined && cause.instruction !== instruction)
    actions.push({
      label: `$(arrow-up) ${vscode.l10n.t('Go to what decides')}`,
      description: pickText(`${lineText(cause)}: ${oneLine(cause.text)}`),
      run: ['lamina.goToInstruction', uri, cause.instruction],
    });
  for (const { path, change } of (reason.paths ?? []).slice(0, mostFiles)) {
    if (change === 'added' || layer?.image === undefined) continue;
    actions.push({
      label: `$(diff) ${vscode.l10n.t('Compare with the layer’s copy')}`,
      description: pickText(oneLine(path)),
      run: ['lamina.compareWithLayerCopy', uri, at, path],
    });
  }
  if (layer?.image !== undefined)
    actions.push({
      label: `$(layers) ${vscode.l10n.t('Show the layer that it made')}`,
      run: ['lamina.showStepLayer', uri, at],
    });
  return actions;
}

function trust(): Action {
  return {
    label: `$(shield) ${vscode.l10n.t('Trust this folder…')}`,
    description: vscode.l10n.t('no builder is asked before'),
    run: ['workbench.trust.manage'],
  };
}

function common({ document: { uri } }: StepPlace): readonly Action[] {
  return [
    { label: `$(book) ${vscode.l10n.t('Explain build cache')}`, run: ['lamina.explainBuildCache', uri] },
    { label: `$(play) ${vscode.l10n.t('Build image')}`, run: ['lamina.buildImage', uri] },
    { label: `$(question) ${vscode.l10n.t('Ask the builder…')}`, run: ['lamina.askBuilder', uri] },
    {
      label: `$(settings) ${vscode.l10n.t('Builder, context, target, arguments…')}`,
      run: ['lamina.changeBuild', uri],
    },
  ];
}
