import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { containerScheme } from '../uri.ts';
import { ContainerDecorations } from './containerDecorations.ts';
import { ContainerFileSystem } from './containerFileSystem.ts';
import { ContainersInUse } from './containersInUse.ts';
import { CopyUpNote } from './copyUpNote.ts';

/** The files of containers: their file system, and their marks. */
export function registerContainerFiles(context: EditorContext): void {
  const inUse = new ContainersInUse(context);
  const copyUps = new CopyUpNote();
  context.subscriptions.push(
    inUse,
    copyUps,
    vscode.workspace.registerFileSystemProvider(
      containerScheme,
      new ContainerFileSystem(context, inUse, copyUps),
      { isCaseSensitive: true },
    ),
    vscode.window.registerFileDecorationProvider(new ContainerDecorations(context, inUse)),
  );
}
