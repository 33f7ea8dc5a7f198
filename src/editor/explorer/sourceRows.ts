import path from 'node:path';
import * as vscode from 'vscode';
import { familiarName, type SourceKind } from '../../engine/index.ts';
import { SafeMarkdown } from '../markdown.ts';
import type { EntryNode, ImageNode, SourceNode } from '../nodes.ts';
import { isRemote } from '../openedImages.ts';
import {
  dateText,
  imageTitle,
  layerCountText,
  oneLine,
  platformText,
  problemCountText,
  referenceTitle,
  shortId,
  sizeText,
} from '../text.ts';
import type { LayerReading } from './layerReading.ts';
import { facts, type Row, warningIcon } from '../row.ts';

// Archives, the store, and the images in them.

export function sourceRow({ location, isStore, state, bytes }: SourceNode): Row {
  if (isStore)
    return {
      label: vscode.l10n.t('Lamina Store'),
      description: bytes === undefined ? undefined : sizeText(bytes),
      icon: new vscode.ThemeIcon('database'),
      folds: 'open',
      context: 'store',
    };
  if (isRemote(location)) return remoteRow(location);
  return {
    label: oneLine(path.basename(location)),
    description: state === 'same' ? oneLine(path.basename(path.dirname(location))) : stateText(state),
    icon: state === 'same' ? new vscode.ThemeIcon('archive') : warningIcon(),
    folds: state === 'missing' ? undefined : 'open',
    context: `archive ${state}`,
    spoken: vscode.l10n.t('image archive'),
  };
}

/** An image in a registry, closed at first: opening it is what asks the registry. */
function remoteRow(location: string): Row {
  const name = location.slice('docker://'.length);
  const familiar = oneLine(familiarName(name));
  const slash = familiar.lastIndexOf('/');
  return {
    label: familiar.slice(slash + 1),
    description: slash < 0 ? 'Docker Hub' : familiar.slice(0, slash),
    icon: new vscode.ThemeIcon('cloud'),
    folds: 'closed',
    context: 'archive remote',
    spoken: vscode.l10n.t('image in a registry'),
  };
}

export function sourceTooltip(
  { location, isStore, state }: SourceNode,
  storeDirectory: () => string,
): SafeMarkdown {
  const markdown = new SafeMarkdown().title(oneLine(isStore ? storeDirectory() : location));
  if (isStore) return markdown.paragraph(vscode.l10n.t('Images that Lamina keeps on this machine.'));
  if (isRemote(location))
    return markdown.paragraph(
      vscode.l10n.t('Read where it is: layers are fetched when they are opened, and nothing is pulled.'),
    );
  if (state === 'changed')
    markdown.paragraph(vscode.l10n.t('The file changed since it was read. Refresh to read it again.'));
  if (state === 'missing')
    markdown.paragraph(
      vscode.l10n.t('The file is not there any more. Close it, or put it back and refresh.'),
    );
  return markdown;
}

export function entryRow({ entry, images }: EntryNode): Row {
  return {
    label: referenceTitle(entry.names[0]) ?? shortId(entry.target?.digest) ?? vscode.l10n.t('untitled image'),
    description: facts(
      vscode.l10n.t('{0} platforms', images.length),
      attachmentText(entry.attachments.length),
      otherNames(entry.names),
    ),
    icon: new vscode.ThemeIcon('package'),
    folds: 'closed',
    context: facts('entry', entry.names.length > 0 ? 'tagged' : undefined).replaceAll(' \u00b7 ', ' '),
    spoken: vscode.l10n.t('image'),
  };
}

export function entryTooltip({ entry }: EntryNode): SafeMarkdown {
  return new SafeMarkdown().title(referenceTitle(entry.names[0]) ?? '').facts([
    [vscode.l10n.t('Names'), entry.names.map(oneLine).join(', ')],
    [vscode.l10n.t('Digest'), entry.target?.digest],
    [vscode.l10n.t('Set aside'), attachmentText(entry.attachments.length)],
  ]);
}

export function imageRow({ opened, isPlatform }: ImageNode, reading: LayerReading): Row {
  const { image, source } = opened;
  const platform = platformText(image.platform);
  const size = reading.sizeOf(image);
  const problems = image.problems.length;
  const tokens = ['image', placeWord(source.kind), image.names.length > 0 ? 'tagged' : 'untagged'];
  return {
    label: isPlatform ? (platform ?? vscode.l10n.t('unknown platform')) : imageTitle(image),
    description: facts(
      problems === 0 ? undefined : problemCountText(problems),
      size === undefined ? undefined : sizeText(size),
      layerCountText(image.layers.length),
      isPlatform ? undefined : platform,
      isPlatform ? undefined : otherNames(image.names),
    ),
    icon: problems > 0 ? warningIcon() : new vscode.ThemeIcon(isPlatform ? 'vm' : 'package'),
    folds: 'closed',
    context: tokens.join(' '),
    spoken: vscode.l10n.t('image'),
  };
}

export function imageTooltip({ opened }: ImageNode, reading: LayerReading): SafeMarkdown {
  const { image, entry } = opened;
  const size = reading.sizeOf(image);
  return new SafeMarkdown().title(imageTitle(image)).facts([
    [vscode.l10n.t('Names'), image.names.map(oneLine).join(', ')],
    [vscode.l10n.t('Platform'), platformText(image.platform)],
    [vscode.l10n.t('Layers'), String(image.layers.length)],
    [vscode.l10n.t('Size'), size === undefined ? undefined : sizeText(size)],
    [
      vscode.l10n.t('Created'),
      image.config?.created === undefined ? undefined : dateText(image.config.created),
    ],
    [vscode.l10n.t('Author'), image.config?.author === undefined ? undefined : oneLine(image.config.author)],
    [vscode.l10n.t('Image ID'), image.imageId],
    [vscode.l10n.t('Manifest'), opened.variant.manifest?.digest],
    [vscode.l10n.t('Set aside'), attachmentText(entry.attachments.length)],
  ]);
}

function placeWord(kind: SourceKind): string {
  if (kind === 'store') return 'stored';
  if (kind === 'docker') return 'remote';
  return kind === 'docker-daemon' ? 'engine' : 'archived';
}

function stateText(state: 'changed' | 'missing'): string {
  return state === 'changed' ? vscode.l10n.t('changed on disk') : vscode.l10n.t('not found');
}

/** The names beside the first, which is the label. */
function otherNames(names: readonly string[]): string | undefined {
  const others = names.slice(1).map((name) => referenceTitle(name) ?? '');
  return others.length === 0 ? undefined : vscode.l10n.t('also {0}', others.join(', '));
}

/** Attestations and artifacts are no images; that they are there is said. */
function attachmentText(count: number): string | undefined {
  if (count === 0) return undefined;
  return count === 1 ? vscode.l10n.t('1 attestation') : vscode.l10n.t('{0} attestations', count);
}
