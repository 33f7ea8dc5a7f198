import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import { containerIdsOf } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { activeUri } from '../imageChoice.ts';
import { containerOfFile, rootfsScheme } from '../uri.ts';
import { ChangeDecorations } from './changeDecorations.ts';
import { findContainerFile } from './findContainerFile.ts';
import { findFile } from './findFile.ts';
import { goToContainerPath } from './goToContainerPath.ts';
import { goToPath } from './goToPath.ts';
import { openFile } from './openFile.ts';
import { RootfsFileSystem } from './rootfsFileSystem.ts';
import { saveContainerFile } from './saveContainerFile.ts';
import { saveFile } from './saveFile.ts';

/** The files of images: their file system, their marks, and the commands that find, open and save them and containers'. */
export function registerFiles(context: EditorContext): CommandTable {
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider(rootfsScheme, new RootfsFileSystem(context), {
      isCaseSensitive: true,
      isReadonly: readOnlyReason(),
    }),
    vscode.window.registerFileDecorationProvider(new ChangeDecorations(context)),
  );
  return {
    'lamina.findFile': (...args) => (isOfContainer(args) ? findContainerFile : findFile)(context, args),
    'lamina.findContainerFile': (...args) => findContainerFile(context, args),
    'lamina.goToPath': (...args) => (isOfContainer(args) ? goToContainerPath : goToPath)(context, args),
    'lamina.goToContainerPath': (...args) => goToContainerPath(context, args),
    'lamina.openFile': (...args) => openFile(context, args),
    'lamina.saveFile': (...args) => (isOfContainer(args) ? saveContainerFile : saveFile)(context, args),
  };
}

/** Whether a command is for a container: it was called on one, or on nothing while a tab shows a file of one. */
function isOfContainer(args: readonly unknown[]): boolean {
  if (containerIdsOf(args).length > 0) return true;
  return args[0] === undefined && containerOfFile(activeUri()) !== undefined;
}

/** Shown when somebody types into a file of an image, with the way on. */
function readOnlyReason(): vscode.MarkdownString {
  const reason = new vscode.MarkdownString(
    vscode.l10n.t(
      'This file belongs to a layer of an image, and layers never change. [Create a container](command:lamina.createContainer) of the image to edit it there, or save it elsewhere.',
    ),
  );
  reason.isTrusted = { enabledCommands: ['lamina.createContainer'] };
  return reason;
}
