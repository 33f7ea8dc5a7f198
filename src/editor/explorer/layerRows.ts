import * as vscode from 'vscode';
import { type Image, type LayerBlob, storedSizeOf } from '../../engine/index.ts';
import { SafeMarkdown } from '../markdown.ts';
import type { KnownLayerNode, LayerNode, PlaceNode, StepNode, StepsNode } from '../nodes.ts';
import {
  countText,
  dateText,
  imageTitle,
  instructionParts,
  layerTitle,
  oneLine,
  platformText,
  problemCountText,
  sizeText,
  stepTitle,
} from '../text.ts';
import type { LayerReading, LayerReadingState } from './layerReading.ts';
import { facts, type Row, warningIcon } from '../row.ts';

// Layers where they stand in an image, and wherever they are used.

export function layerRow({ opened, layer }: LayerNode, reading: LayerReading): Row {
  const { image } = opened;
  const state = reading.stateOf(image, layer);
  const problems = problemCount(image, layer, reading);
  const [keyword, rest] = instructionParts(layerTitle(image, layer));
  return {
    label: keyword === '' ? String(layer) : `${layer}  ${keyword}`,
    // The size comes first, because the rest of an instruction is mostly longer than the view is wide.
    description: facts(
      problems > 0 ? problemCountText(problems) : undefined,
      layerSizeText(image, layer, reading),
      rest,
    ),
    icon: state.kind === 'failed' || problems > 0 ? warningIcon() : new vscode.ThemeIcon('layers'),
    folds: 'closed',
    context: layer > 0 ? 'layer above' : 'layer lowest',
    spoken: vscode.l10n.t('layer {0}', layer),
  };
}

function problemCount(image: Image, layer: number, reading: LayerReading): number {
  const state = reading.stateOf(image, layer);
  const own = state.kind === 'ready' ? state.facts.problems.length : 0;
  return own + image.problems.filter((problem) => problem.layer === layer).length;
}

function layerSizeText(image: Image, layer: number, reading: LayerReading): string | undefined {
  const state = reading.stateOf(image, layer);
  switch (state.kind) {
    case 'ready':
      return sizeText(state.facts.summary.size);
    case 'failed':
      return vscode.l10n.t('cannot be read');
    case 'reading':
      return readingText(state);
    case 'waiting':
      return storedText(image.layers[layer]?.blob);
  }
}

function readingText({ percent, isFetching }: LayerReadingState & { readonly kind: 'reading' }): string {
  if (isFetching)
    return percent === undefined ? vscode.l10n.t('fetching…') : vscode.l10n.t('fetching… {0} %', percent);
  return percent === undefined ? vscode.l10n.t('reading…') : vscode.l10n.t('reading… {0} %', percent);
}

/** What is known of a layer that was not read: an engine does not say what its layers take. */
function storedText(blob: LayerBlob | undefined): string | undefined {
  const stored = blob && storedSizeOf(blob);
  if (stored !== undefined) return vscode.l10n.t('{0} stored', sizeText(stored));
  return blob?.remote === undefined ? vscode.l10n.t('not in the archive') : undefined;
}

export function layerTooltip({ opened, layer }: LayerNode, reading: LayerReading): SafeMarkdown {
  const { image } = opened;
  const state = reading.stateOf(image, layer);
  const summary = state.kind === 'ready' ? state.facts.summary : undefined;
  const found = image.layers[layer];
  const created = found?.history?.created;
  const stored = found && storedSizeOf(found.blob);
  return new SafeMarkdown()
    .title(vscode.l10n.t('Layer {0} of {1}', layer, imageTitle(image)))
    .code(layerTitle(image, layer))
    .facts([
      [vscode.l10n.t('Problem'), state.kind === 'failed' ? state.reason : undefined],
      [vscode.l10n.t('Size'), summary && sizeText(summary.size)],
      [vscode.l10n.t('Stored'), stored === undefined ? undefined : sizeText(stored)],
      [vscode.l10n.t('Files'), summary && countText(summary.files)],
      [vscode.l10n.t('Directories'), summary && countText(summary.directories)],
      [vscode.l10n.t('Removals'), summary && countText(summary.whiteouts)],
      [vscode.l10n.t('Created'), created === undefined ? undefined : dateText(created)],
      [
        vscode.l10n.t('Comment'),
        found?.history?.comment === undefined ? undefined : oneLine(found.history.comment),
      ],
      [vscode.l10n.t('Diff ID'), found?.diffId],
      [vscode.l10n.t('Digest'), found?.blob.descriptor?.digest],
      [vscode.l10n.t('Chain ID'), found?.chainId],
    ]);
}

export function stepRow({ opened, step }: StepNode): Row {
  const found = opened.image.steps[step];
  const [keyword, rest] = instructionParts(found === undefined ? '' : stepTitle(found));
  return {
    label: keyword === '' ? rest : keyword,
    description: keyword === '' ? undefined : rest,
    icon: new vscode.ThemeIcon('dash', new vscode.ThemeColor('disabledForeground')),
    context: 'step',
    spoken: vscode.l10n.t('step without a layer'),
  };
}

export function stepTooltip({ opened, step }: StepNode): SafeMarkdown {
  const item = opened.image.steps[step]?.item;
  return new SafeMarkdown()
    .title(vscode.l10n.t('A step that changes no files'))
    .code(item?.createdBy ?? '')
    .facts([
      [vscode.l10n.t('Created'), item?.created === undefined ? undefined : dateText(item.created)],
      [vscode.l10n.t('Comment'), item?.comment === undefined ? undefined : oneLine(item.comment)],
    ]);
}

/** Steps in a row: their instructions' names, so that a folded run still says what is in it. */
export function stepsRow({ opened, steps }: StepsNode): Row {
  const names = steps.map(({ step }) => {
    const found = opened.image.steps[step];
    return found === undefined ? '' : (stepTitle(found).split(' ', 1)[0] ?? '');
  });
  return {
    label: vscode.l10n.t('{0} steps without a layer', steps.length),
    description: [...new Set(names)].join(', '),
    icon: new vscode.ThemeIcon('dash', new vscode.ThemeColor('disabledForeground')),
    folds: 'closed',
    context: 'steps',
  };
}

export function knownLayerRow({ layer }: KnownLayerNode, reading: LayerReading): Row {
  const [first] = layer.places;
  const images = new Set(layer.places.map(({ image }) => image.id)).size;
  const size = first && layerSizeText(first.image, first.layer, reading);
  const [keyword, rest] = instructionParts(
    first === undefined ? oneLine(layer.key) : layerTitle(first.image, first.layer),
  );
  return {
    label: keyword === '' ? vscode.l10n.t('Layer') : keyword,
    description: facts(
      size,
      images === 1 ? vscode.l10n.t('1 image') : vscode.l10n.t('{0} images', countText(images)),
      rest,
    ),
    icon: new vscode.ThemeIcon('layers'),
    folds: 'closed',
    context: 'knownLayer',
    spoken: images > 1 ? vscode.l10n.t('shared layer') : vscode.l10n.t('layer'),
  };
}

export function knownLayerTooltip({ layer }: KnownLayerNode): SafeMarkdown {
  const [first] = layer.places;
  return new SafeMarkdown().code(first === undefined ? '' : layerTitle(first.image, first.layer)).facts([
    [vscode.l10n.t('Diff ID'), layer.diffId],
    [vscode.l10n.t('Digest'), layer.digest],
    [
      vscode.l10n.t('Stored'),
      layer.compressedSize === undefined ? undefined : sizeText(layer.compressedSize),
    ],
    [vscode.l10n.t('Images'), [...new Set(layer.places.map(({ image }) => imageTitle(image)))].join(', ')],
  ]);
}

export function placeRow(node: PlaceNode): Row {
  const { place } = node;
  return {
    label: imageTitle(place.image),
    description: facts(vscode.l10n.t('layer {0}', place.layer), platformText(place.image.platform)),
    icon: new vscode.ThemeIcon('package'),
    context: 'place',
    command: {
      command: 'lamina.revealInImages',
      title: vscode.l10n.t('Reveal in Images View'),
      arguments: [node],
    },
  };
}
