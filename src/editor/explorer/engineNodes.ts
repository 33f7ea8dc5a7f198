import * as vscode from 'vscode';
import { type EngineImage } from '../../engine/index.ts';
import { engineImageTitle } from '../engineText.ts';
import type { KnownEngine } from '../knownEngine.ts';
import type { EngineGroupNode, EngineImageNode, EngineNode, ImageNode } from '../nodes.ts';
import { isReadable, type OpenedImage, type UnreadableImage } from '../openedImages.ts';
import { oneLine, shortId } from '../text.ts';
import type { ImageGrouping, ImagesShown } from './viewOptions.ts';

// Engines in the view Images: what of their lists is shown, in which order, and in which groups.

export function engineNode(engine: KnownEngine): EngineNode {
  return { kind: 'engine', id: engine.location, parent: undefined, engine };
}

/** The images of an engine that are to be shown, sorted. */
export function shownImages({ lists }: KnownEngine, shown: ImagesShown): readonly EngineImage[] {
  const images = lists.images.filter(
    (image) =>
      (shown.showsUntagged || image.repoTags.length > 0) && holds(image.repoTags, image.id, shown.filter),
  );
  return sorted(images, shown.sortBy);
}

/** The groups of images, or the images themselves where they are not grouped. */
export function groupsOf(
  parent: EngineNode,
  images: readonly EngineImage[],
  { groupBy, filter }: ImagesShown,
): readonly EngineGroupNode[] {
  const groups = new Map<string, EngineImage[]>();
  for (const image of images) {
    for (const label of groupLabels(parent.engine, image, groupBy)) {
      const known = groups.get(label);
      if (known === undefined) groups.set(label, [image]);
      else known.push(image);
    }
  }
  return [...groups].map(([label, own]) => ({
    kind: 'engineGroup',
    // Otherwise VS Code keeps it folded as it was.
    id: `${parent.id}#${groupBy}/${label}${filter === '' ? '' : '#filtered'}`,
    parent,
    engine: parent.engine,
    label,
    images: own,
    isUnfolded: filter !== '',
  }));
}

export function engineImageNode(parent: EngineNode | EngineGroupNode, image: EngineImage): EngineImageNode {
  return { kind: 'engineImage', id: `${parent.id}#${image.id}`, parent, engine: parent.engine, image };
}

/** What an image of an engine consists of stands directly below it, as if it were opened from an archive. */
export function openedNode(parent: EngineImageNode, opened: OpenedImage): ImageNode {
  return { kind: 'image', id: parent.id, parent: parent.parent, opened, isPlatform: false };
}

export function platformNode(parent: EngineImageNode, opened: OpenedImage): ImageNode {
  const id = `${parent.id}#${opened.variant.position}`;
  return { kind: 'image', id, parent, opened, isPlatform: true };
}

/** The only image that can be shown without a choice of platform. */
export function onlyImage(images: readonly (OpenedImage | UnreadableImage)[]): OpenedImage | undefined {
  const [first] = images;
  return images.length === 1 && first !== undefined && isReadable(first) ? first : undefined;
}

/** Whether a name holds the filter, or the ID begins with it. */
export function holds(names: readonly string[], id: string, filter: string): boolean {
  const wanted = filter.toLowerCase();
  if (wanted === '') return true;
  const hex = id.slice(id.indexOf(':') + 1);
  return hex.startsWith(wanted) || names.some((name) => name.toLowerCase().includes(wanted));
}

function sorted(images: readonly EngineImage[], by: ImagesShown['sortBy']): readonly EngineImage[] {
  if (by === 'size') return images.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  if (by === 'age') return images.toSorted((a, b) => b.createdSeconds - a.createdSeconds);
  const collator = new Intl.Collator(vscode.env.language, { numeric: true });
  const titled = images.map((image) => ({ image, title: engineImageTitle(image) }));
  // Those without a name come last.
  return titled
    .sort(
      (a, b) =>
        Number(a.image.repoTags.length === 0) - Number(b.image.repoTags.length === 0) ||
        collator.compare(a.title, b.title),
    )
    .map(({ image }) => image);
}

function groupLabels(
  { lists }: KnownEngine,
  { id, repoTags }: EngineImage,
  groupBy: ImageGrouping,
): readonly string[] {
  if (groupBy === 'use')
    return [lists.usersOf(id).length > 0 ? vscode.l10n.t('In use') : vscode.l10n.t('Not in use')];
  if (repoTags.length === 0) return [vscode.l10n.t('Untagged')];
  return [...new Set(repoTags.map((tag) => oneLine(repositoryOf(tag))))];
}

/** `localhost:5000/app` for `localhost:5000/app:1`. */
function repositoryOf(tag: string): string {
  return /^(.*):[^/:]+$/.exec(tag)?.[1] ?? tag;
}

/** The name under which an image stands in its group: its tag, where the group is its repository. */
export function titleInGroup({ parent, image }: EngineImageNode): string {
  if (parent?.kind !== 'engineGroup') return engineImageTitle(image);
  const tag = image.repoTags.find((each) => oneLine(repositoryOf(each)) === parent.label);
  if (tag === undefined)
    return image.repoTags.length > 0 ? engineImageTitle(image) : (shortId(image.id) ?? '');
  return oneLine(tag.slice(repositoryOf(tag).length + 1));
}
