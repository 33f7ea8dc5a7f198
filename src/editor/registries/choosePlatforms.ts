import * as vscode from 'vscode';
import { choosePlatform, hostPlatform, type ImageEntry, type ImageVariant } from '../../engine/index.ts';
import { isNode } from '../nodes.ts';
import { pickText, platformText } from '../text.ts';

/** What is moved of an image: one platform of several, or all there is with its index. */
export interface PlatformChoice {
  /** Undefined for all there is. */
  readonly variant: ImageVariant | undefined;
}

interface PlatformItem extends vscode.QuickPickItem {
  readonly choice: PlatformChoice;
}

/**
 * Asks which platforms of an image are meant. There is no question where it has one alone, or where the command was called
 * on the line of one.
 *
 * @returns undefined when called off.
 */
export async function choosePlatforms(
  entry: ImageEntry,
  [node]: readonly unknown[],
  title: string,
): Promise<PlatformChoice | undefined> {
  const items = platformItems(entry);
  const [only] = items;
  if (items.length <= 1) return only?.choice ?? { variant: undefined };
  const digest =
    isNode(node) && node.kind === 'image' && node.isPlatform && node.opened.variant.manifest?.digest;
  const meant = items.find(({ choice }) => digest && choice.variant?.manifest?.digest === digest);
  if (meant !== undefined) return meant.choice;
  const placeHolder = vscode.l10n.t('The image is for several platforms. Which are meant?');
  return (await vscode.window.showQuickPick(items, { title, placeHolder }))?.choice;
}

/** This machine’s own first, then the others in the order of their index, then all. */
export function platformItems({ variants }: ImageEntry, host = hostPlatform()): readonly PlatformItem[] {
  const all: PlatformItem = {
    label: vscode.l10n.t('All platforms'),
    iconPath: new vscode.ThemeIcon('package'),
    choice: { variant: undefined },
  };
  const named = variants.filter(({ platform, isAvailable }) => platform !== undefined && isAvailable);
  if (named.length < 2) return [all];
  const own = choosePlatform(
    host,
    named.map(({ platform }) => platform),
  );
  const items = named.map((variant, position) => ({
    label: pickText(platformText(variant.platform) ?? ''),
    ...(position === own && { description: vscode.l10n.t('this machine’s') }),
    iconPath: new vscode.ThemeIcon('vm'),
    choice: { variant },
  }));
  return [
    ...items.filter((_item, position) => position === own),
    ...items.filter((_item, position) => position !== own),
    all,
  ];
}
