import * as vscode from 'vscode';
import type { EngineImage } from '../../engine/index.ts';
import { engineImageFacts, engineRow, engineTooltip, storeText } from '../engineText.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { SafeMarkdown } from '../markdown.ts';
import type { EngineGroupNode, EngineImageNode, EngineNode } from '../nodes.ts';
import { facts, type Row } from '../row.ts';
import { ageText, countText, oneLine, platformText, referenceTitle, sizeText } from '../text.ts';
import { titleInGroup } from './engineNodes.ts';

// The lines of engines and of the images that engines list.

export function engineNodeRow({ engine }: EngineNode): Row {
  return engineRow(engine);
}

export function engineNodeTooltip({ engine }: EngineNode): SafeMarkdown {
  const markdown = engineTooltip(engine);
  if (!engine.lists.isKnown) return markdown;
  return markdown.facts([
    [vscode.l10n.t('Images'), countText(engine.lists.images.length)],
    [vscode.l10n.t('Containers'), countText(engine.lists.containers.length)],
  ]);
}

export function engineGroupRow({ label, images, isUnfolded }: EngineGroupNode): Row {
  const bytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    label,
    description: facts(imageCountText(images.length), sizeText(bytes)),
    icon: new vscode.ThemeIcon('folder-library'),
    folds: isUnfolded ? 'open' : 'closed',
    context: 'group',
  };
}

export function engineImageRow(node: EngineImageNode): Row {
  const { engine } = node;
  const image = imageNow(node);
  const users = engine.lists.usersOf(image.id).length;
  const platforms = platformsOf(image);
  return {
    label: titleInGroup(node),
    description: facts(
      engineImageFacts(image),
      useText(users),
      platformsText(engine, platforms),
      node.parent?.kind === 'engineGroup' ? undefined : otherNames(image.repoTags),
    ),
    icon: new vscode.ThemeIcon(image.repoTags.length > 0 ? 'package' : 'circle-outline'),
    folds: 'closed',
    context: facts(
      'image engine whole',
      image.repoTags.length > 0 ? 'tagged' : 'untagged',
      users > 0 ? 'used' : undefined,
    ).replaceAll(' \u00b7 ', ' '),
    spoken: vscode.l10n.t('image'),
  };
}

export function engineImageTooltip(node: EngineImageNode): SafeMarkdown {
  const { engine } = node;
  const image = imageNow(node);
  const { standing, lists } = engine;
  const users = lists.usersOf(image.id);
  const store = standing.kind === 'connected' ? storeText(standing.capabilities.imageStore) : undefined;
  return new SafeMarkdown()
    .title(referenceTitle(image.repoTags[0]) ?? vscode.l10n.t('untagged image'))
    .facts([
      [vscode.l10n.t('Names'), image.repoTags.map((tag) => referenceTitle(tag) ?? '').join(', ')],
      [vscode.l10n.t('Image ID'), oneLine(image.id)],
      [vscode.l10n.t('Digests'), image.repoDigests.map(oneLine).join(', ')],
      [vscode.l10n.t('Size'), facts(sizeText(image.sizeBytes), sizeMeaning(store, image))],
      [vscode.l10n.t('Created'), image.createdSeconds > 0 ? ageText(image.createdSeconds) : undefined],
      [vscode.l10n.t('Platforms'), platformsOf(image).join(', ')],
      [
        vscode.l10n.t('Used by'),
        users.map(({ names, id }) => oneLine(names[0] ?? id.slice(0, 12))).join(', '),
      ],
    ]);
}

/** As the engine tells it now: an event draws the line again, and VS Code does so with the node it has. */
function imageNow({ engine, image }: EngineImageNode): EngineImage {
  return engine.lists.image(image.id) ?? image;
}

export function imageCountText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 image') : vscode.l10n.t('{0} images', countText(count));
}

function useText(users: number): string | undefined {
  if (users === 0) return undefined;
  return users === 1
    ? vscode.l10n.t('in use by 1 container')
    : vscode.l10n.t('in use by {0} containers', countText(users));
}

/** Of one platform nothing is said when it is the engine's own, as nearly all are. */
function platformsText({ standing }: KnownEngine, platforms: readonly string[]): string | undefined {
  if (platforms.length > 1) return vscode.l10n.t('{0} platforms', platforms.length);
  const own = standing.kind === 'connected' ? platformText(standing.capabilities.platform) : undefined;
  return platforms[0] === own ? undefined : platforms[0];
}

/** Platforms of which the engine has the content, as far as it tells. */
function platformsOf({ manifests }: EngineImage): readonly string[] {
  return manifests
    .filter(({ kind, isAvailable }) => kind === 'image' && isAvailable)
    .map(({ platform }) => platformText(platform))
    .filter((text) => text !== undefined);
}

/** containerd's store counts what is kept packed and what is unpacked. */
function sizeMeaning(store: string | undefined, { manifests }: EngineImage): string | undefined {
  if (store === undefined || manifests.length === 0) return undefined;
  return vscode.l10n.t('as downloaded and unpacked');
}

/** The names beside the first, which is the label. */
function otherNames(names: readonly string[]): string | undefined {
  const others = names.slice(1).map((name) => referenceTitle(name) ?? '');
  return others.length === 0 ? undefined : vscode.l10n.t('also {0}', others.join(', '));
}
