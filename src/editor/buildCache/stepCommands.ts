import path from 'node:path';
import * as vscode from 'vscode';
import { copiedFile, EngineError } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { keywordRange, parsedDocument } from '../dockerfiles.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';
import { rootfsUri } from '../uri.ts';
import { knownStepOf, stepPlaceOf } from './stepArguments.ts';
import type { StepLayerPlace, StepLayers } from '../stepLayers.ts';

/** Shows the layer that an instruction made, in the view *Images*. */
export async function showStepLayer(
  builds: DockerfileBuilds,
  layers: StepLayers,
  args: readonly unknown[],
): Promise<void> {
  const known = await knownStepOf(builds, args);
  const place = known && (await layers.find(known.answer, known.step));
  if (place === undefined) throw noLayer();
  const { opened, layer } = place;
  await vscode.commands.executeCommand('lamina.revealInImages', { image: opened.image.id, layer });
}

/** Compares a file of the context with the copy of it that the layer has. */
export async function compareWithLayerCopy(
  builds: DockerfileBuilds,
  layers: StepLayers,
  args: readonly unknown[],
): Promise<void> {
  const known = await knownStepOf(builds, args);
  const file = args[2];
  if (known === undefined || typeof file !== 'string') return;
  const place = await layers.find(known.answer, known.step);
  if (place === undefined) throw noLayer();
  const copy = await withProgress(vscode.l10n.t('Reading the layer'), () => copyOf(layers, place, file));
  const { context } = known.answer.request;
  const title = vscode.l10n.t('{0} (layer ↔ context)', oneLine(path.posix.basename(file)));
  await vscode.commands.executeCommand('vscode.diff', copy, vscode.Uri.file(path.join(context, file)), title);
}

/** Goes to an instruction of the Dockerfile. */
export async function goToInstruction(args: readonly unknown[]): Promise<void> {
  const place = await stepPlaceOf(args);
  if (place === undefined) return;
  const instruction = parsedDocument(place.document).instructions[place.at];
  if (instruction === undefined) return;
  const selection = keywordRange(place.document, instruction);
  await vscode.window.showTextDocument(place.document, { selection });
}

async function copyOf(layers: StepLayers, place: StepLayerPlace, file: string): Promise<vscode.Uri> {
  const copy = copiedFile(await layers.changes(place), file);
  if (copy === undefined) throw new EngineError('not-found', file, 'the layer has no file that came from it');
  return rootfsUri(place.opened.image, copy.path, place.layer);
}

function noLayer(): EngineError {
  const detail = vscode.l10n.t('no image in the engine is known to hold it');
  return new EngineError('not-found', vscode.l10n.t('The layer of this step'), detail);
}
