import * as vscode from 'vscode';
import {
  isEngineError,
  joinPath,
  type LayerPath,
  type RootfsEntry,
  rootPath,
  toText,
  type UnionView,
} from '../engine/index.ts';
import type { EditorContext } from './context.ts';
import type { OpenedImage } from './openedImages.ts';
import { entryDescription, entryIcon } from './entryText.ts';
import { fromSafeText, toSafeText } from './safePath.ts';
import { nameText, pickText } from './text.ts';

export interface PathChoice {
  readonly entry: RootfsEntry;
  /** Whether it is to be shown in the tree instead of being opened. */
  readonly isToReveal: boolean;
}

interface PathItem extends vscode.QuickPickItem {
  readonly entry: RootfsEntry;
}

const mostListed = 1000;

/**
 * Asks for a path in an image, directory by directory: what is typed is a path, and the list is what is there. A
 * directory is entered when it is accepted, and chosen by its button.
 */
export async function pickPath(
  { engine }: EditorContext,
  { image }: OpenedImage,
  title: string,
  start: LayerPath = rootPath,
): Promise<PathChoice | undefined> {
  const picker = vscode.window.createQuickPick<PathItem>();
  picker.title = title;
  picker.placeholder = vscode.l10n.t('Type a path, such as /etc/os-release');
  picker.value = asTyped(start);
  picker.busy = true;
  picker.show();
  const view = await engine.rootfs(image);
  picker.busy = false;
  return new Promise((resolve) => {
    const list = (): void => {
      picker.items = itemsFor(view, picker.value);
    };
    const choose = (choice: PathChoice | undefined): void => {
      resolve(choice);
      picker.hide();
    };
    list();
    picker.onDidChangeValue(list);
    picker.onDidTriggerItemButton(({ item }) => {
      choose({ entry: item.entry, isToReveal: true });
    });
    picker.onDidAccept(() => {
      const entry = picker.selectedItems[0]?.entry ?? entryAt(view, picker.value);
      if (entry === undefined) return;
      if (directoryAt(view, entry.path) === undefined) {
        choose({ entry, isToReveal: false });
        return;
      }
      picker.value = asTyped(entry.path);
      list();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
  });
}

function itemsFor(view: UnionView, typed: string): PathItem[] {
  const directory = typedDirectory(typed);
  if (directory === undefined || directoryAt(view, directory) === undefined) return [];
  const beginning = typed.slice(typed.lastIndexOf('/') + 1).toLowerCase();
  return view
    .list(directory)
    .filter((entry) => toText(entry.name).toLowerCase().startsWith(beginning))
    .slice(0, mostListed)
    .map((entry) => ({
      label: pickText(nameText(entry.name)),
      description: pickText(entryDescription(entry)),
      iconPath: new vscode.ThemeIcon(entryIcon(entry)),
      // The list is filtered here, by the beginning of a name; what is typed is a whole path.
      alwaysShow: true,
      buttons: [
        { iconPath: new vscode.ThemeIcon('list-tree'), tooltip: vscode.l10n.t('Reveal in Images View') },
      ],
      entry: { ...entry, path: joinPath(directory, entry.name) },
    }));
}

function typedDirectory(typed: string): LayerPath | undefined {
  return typed.includes('/') ? parsed(typed.slice(0, typed.lastIndexOf('/') + 1)) : rootPath;
}

function entryAt(view: UnionView, typed: string): RootfsEntry | undefined {
  const path = parsed(typed);
  return path === undefined ? undefined : view.lookup(path);
}

/** The path as typed, or undefined for what cannot be one. */
function parsed(typed: string): LayerPath | undefined {
  try {
    return fromSafeText(typed);
  } catch (error) {
    if (isEngineError(error, 'invalid-path')) return undefined;
    throw error;
  }
}

function directoryAt(view: UnionView, path: LayerPath): RootfsEntry | undefined {
  try {
    const entry = view.resolve(path);
    return entry?.type === 'dir' ? entry : undefined;
  } catch (error) {
    if (isEngineError(error, 'symlink-loop')) return undefined;
    throw error;
  }
}

function asTyped(path: LayerPath): string {
  return path === rootPath ? '/' : `${toSafeText(path)}/`;
}
