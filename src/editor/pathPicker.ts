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
import { entryDescription, entryIcon, type ShownEntry } from './entryText.ts';
import type { OpenedImage } from './openedImages.ts';
import { fromSafeText, toSafeText } from './safePath.ts';
import { nameText, pickText } from './text.ts';

export interface PathChoice {
  readonly entry: RootfsEntry;
  /** Whether it is to be shown in the tree instead of being opened. */
  readonly isToReveal: boolean;
}

/** What paths are chosen from. */
export interface PathSource<Entry extends ShownEntry> {
  /** What is at the path itself. */
  readonly lookup: (path: LayerPath) => Promise<Entry | undefined>;
  /** What is in a folder, or in one that a link leads to; undefined where there is none. */
  readonly list: (path: LayerPath) => Promise<readonly Entry[] | undefined>;
}

export interface PathQuestion<Entry extends ShownEntry> {
  readonly source: PathSource<Entry>;
  readonly title: string;
  readonly start?: LayerPath;
  /** What a button beside each path is for. */
  readonly button?: vscode.QuickInputButton;
  /** Only folders are listed, and first of all the one that was entered, in these words. */
  readonly asksForFolder?: (path: string) => string;
}

interface PathItem<Entry> extends vscode.QuickPickItem {
  readonly entry: Entry;
  /** It stands for the folder that was entered, which is chosen by it. */
  readonly isHere: boolean;
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
  const view = engine.rootfs(image);
  const choice = await pickPathIn({
    source: {
      lookup: async (path) => (await view).lookup(path),
      list: async (path) => listIn(await view, path),
    },
    title,
    start,
    button: { iconPath: new vscode.ThemeIcon('list-tree'), tooltip: vscode.l10n.t('Reveal in Images View') },
  });
  return choice && { entry: choice.entry, isToReveal: choice.isByButton };
}

/** The same in whatever has paths. Rejects when the folder to start in cannot be listed. */
export async function pickPathIn<Entry extends ShownEntry>(
  question: PathQuestion<Entry>,
): Promise<{ readonly entry: Entry; readonly isByButton: boolean } | undefined> {
  const { source, title, start = rootPath } = question;
  const picker = vscode.window.createQuickPick<PathItem<Entry>>();
  picker.title = title;
  picker.placeholder = vscode.l10n.t('Type a path, such as /etc/os-release');
  picker.value = asTyped(start);
  picker.show();
  return new Promise((resolve, reject) => {
    let listed: string | undefined;
    const list = async (): Promise<void> => {
      const typed = picker.value;
      picker.busy = true;
      const items = await itemsFor(question, typed);
      if (picker.value !== typed) return;
      picker.items = items;
      listed = typed;
      picker.busy = false;
    };
    const listOrFail = (): void => {
      list().catch((error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
        picker.hide();
      });
    };
    const choose = (entry: Entry, isByButton: boolean): void => {
      resolve({ entry, isByButton });
      picker.hide();
    };
    const accept = async (): Promise<void> => {
      const typed = picker.value;
      // Who types quickly is ahead of the list, and means what was typed.
      const item = listed === typed ? picker.selectedItems[0] : await itemTyped(question, typed);
      const entry = item?.entry ?? (await entryAt(source, typed));
      if (entry === undefined) return;
      if (item?.isHere === true || (await source.list(entry.path)) === undefined) {
        choose(entry, false);
        return;
      }
      picker.value = asTyped(entry.path);
      listOrFail();
    };
    listOrFail();
    picker.onDidChangeValue(listOrFail);
    picker.onDidTriggerItemButton(({ item }) => {
      choose(item.entry, true);
    });
    picker.onDidAccept(() => {
      accept().catch(reject);
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
  });
}

async function itemsFor<Entry extends ShownEntry>(
  { source, button, asksForFolder }: PathQuestion<Entry>,
  typed: string,
): Promise<PathItem<Entry>[]> {
  const directory = typedDirectory(typed);
  const listed = directory && (await source.list(directory));
  if (directory === undefined || listed === undefined) return [];
  const beginning = typed.slice(typed.lastIndexOf('/') + 1).toLowerCase();
  const items = listed
    .filter((entry) => asksForFolder === undefined || entry.type === 'dir')
    .filter((entry) => toText(entry.name).toLowerCase().startsWith(beginning))
    .slice(0, mostListed)
    .map((entry) => itemFor({ ...entry, path: joinPath(directory, entry.name) }, button));
  const here = asksForFolder === undefined || beginning !== '' ? undefined : await source.lookup(directory);
  return here === undefined || asksForFolder === undefined
    ? items
    : [hereItem(here, asksForFolder(nameText(directory))), ...items];
}

/** What a path that is not listed yet stands for: what is there, else the first whose name begins so. */
async function itemTyped<Entry extends ShownEntry>(
  question: PathQuestion<Entry>,
  typed: string,
): Promise<PathItem<Entry> | undefined> {
  const entry = typed.endsWith('/') ? undefined : await entryAt(question.source, typed);
  return entry === undefined ? (await itemsFor(question, typed))[0] : itemFor(entry, question.button);
}

function itemFor<Entry extends ShownEntry>(
  entry: Entry,
  button: vscode.QuickInputButton | undefined,
): PathItem<Entry> {
  return {
    label: pickText(nameText(entry.name)),
    description: pickText(entryDescription(entry)),
    iconPath: new vscode.ThemeIcon(entryIcon(entry)),
    // The list is filtered here, by the beginning of a name; what is typed is a whole path.
    alwaysShow: true,
    buttons: button === undefined ? [] : [button],
    entry,
    isHere: false,
  };
}

function hereItem<Entry>(entry: Entry, text: string): PathItem<Entry> {
  return {
    label: pickText(text),
    iconPath: new vscode.ThemeIcon('check'),
    alwaysShow: true,
    entry,
    isHere: true,
  };
}

function typedDirectory(typed: string): LayerPath | undefined {
  return typed.includes('/') ? parsed(typed.slice(0, typed.lastIndexOf('/') + 1)) : rootPath;
}

async function entryAt<Entry extends ShownEntry>(
  source: PathSource<Entry>,
  typed: string,
): Promise<Entry | undefined> {
  const path = parsed(typed);
  return path === undefined ? undefined : source.lookup(path);
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

function listIn(view: UnionView, path: LayerPath): readonly RootfsEntry[] | undefined {
  try {
    return view.resolve(path)?.type === 'dir' ? view.list(path) : undefined;
  } catch (error) {
    if (isEngineError(error, 'symlink-loop')) return undefined;
    throw error;
  }
}

function asTyped(path: LayerPath): string {
  return path === rootPath ? '/' : `${toSafeText(path)}/`;
}
