import * as vscode from 'vscode';
import { escapeForDisplay, toText } from '../../engine/index.ts';
import { containerPathsOf } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { fileOfArguments } from '../fileChoice.ts';
import { activeUri, chooseImage } from '../imageChoice.ts';
import { type Node, nodesOf } from '../nodes.ts';
import type { OpenedImage } from '../openedImages.ts';

/** Copies the digests of the selected images and layers; of an image that is chosen when none is. */
export async function copyDigest(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const nodes = nodesOf(args);
  const digests = nodes.map(digestOf);
  if (nodes.length === 0) {
    const opened = await chooseImage(context, args, vscode.l10n.t('Copy Digest'));
    if (opened !== undefined) digests.push(imageDigest(opened));
  }
  await copy(digests);
}

/** Copies the paths of the selected files, or of the active tab. */
export async function copyPath(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const ofContainers = containerPathsOf(args.length === 0 ? [activeUri()] : args);
  if (ofContainers.length > 0) {
    await copy(ofContainers.map(toText));
    return;
  }
  const nodes = nodesOf(args);
  const given: readonly (readonly unknown[])[] =
    nodes.length > 0 ? nodes.map((node) => [node]) : [args, [activeUri()]];
  const files = await Promise.all(given.map((each) => fileOfArguments(context, each)));
  const paths = files.map((file) => file && toText(file.path));
  await copy(nodes.length > 0 ? paths : paths.filter((path) => path !== undefined).slice(0, 1));
}

/** Copies the full names of the selected images, or of one that is chosen. */
export async function copyReference(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const nodes = nodesOf(args);
  const names = nodes.map(referenceOf);
  if (nodes.length === 0) {
    const opened = await chooseImage(context, args, vscode.l10n.t('Copy Reference'));
    if (opened !== undefined) names.push(opened.image.names[0] ?? imageDigest(opened));
  }
  await copy(names);
}

/** Pasted into a terminal, a name must not act: control characters are copied as escapes. */
async function copy(texts: readonly (string | undefined)[]): Promise<void> {
  const known = texts.filter((text) => text !== undefined);
  if (known.length === 0) return;
  await vscode.env.clipboard.writeText(known.map(escapeForDisplay).join('\n'));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied to the clipboard.'), 2000);
}

function digestOf(node: Node): string | undefined {
  if (node.kind === 'image') return imageDigest(node.opened);
  if (node.kind === 'entry') return node.entry.target?.digest;
  if (node.kind === 'engineImage') return node.image.target?.digest ?? node.image.id;
  if (node.kind === 'knownLayer') return node.layer.digest ?? node.layer.diffId;
  if (node.kind !== 'layer') return undefined;
  const layer = node.opened.image.layers[node.layer];
  return layer?.blob.descriptor?.digest ?? layer?.diffId;
}

function imageDigest({ image, variant, entry }: OpenedImage): string | undefined {
  return variant.manifest?.digest ?? entry.target?.digest ?? image.imageId;
}

function referenceOf(node: Node): string | undefined {
  if (node.kind === 'entry') return node.entry.names[0] ?? node.entry.target?.digest;
  if (node.kind === 'engineImage') return node.image.repoTags[0] ?? node.image.id;
  return node.kind === 'image' ? (node.opened.image.names[0] ?? imageDigest(node.opened)) : undefined;
}
