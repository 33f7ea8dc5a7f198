import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import { rootfsScheme } from '../uri.ts';
import { ChangeDecorations } from './changeDecorations.ts';
import { findFile } from './findFile.ts';
import { goToPath } from './goToPath.ts';
import { openFile } from './openFile.ts';
import { RootfsFileSystem } from './rootfsFileSystem.ts';
import { saveFile } from './saveFile.ts';

/** The files of images: their file system, their marks, and the commands that find, open and save them. */
export function registerFiles(context: EditorContext): CommandTable {
  const isReadonly = new vscode.MarkdownString(
    vscode.l10n.t(
      'This file belongs to a layer of an image, and layers never change. Save it elsewhere to edit it.',
    ),
  );
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider(rootfsScheme, new RootfsFileSystem(context), {
      isCaseSensitive: true,
      isReadonly,
    }),
    vscode.window.registerFileDecorationProvider(new ChangeDecorations(context)),
  );
  return {
    'lamina.findFile': (...args) => findFile(context, args),
    'lamina.goToPath': (...args) => goToPath(context, args),
    'lamina.openFile': (...args) => openFile(context, args),
    'lamina.saveFile': (...args) => saveFile(context, args),
  };
}
