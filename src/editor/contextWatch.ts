import * as vscode from 'vscode';
import type { BuildRequest, Builds, Disposable } from '../engine/index.ts';

/** Has the engine know of files that change in a context, and tells when they did. VS Code watches; a save is told at once. */
export function watchContext(builds: Builds, request: BuildRequest, onDidChange: () => void): Disposable {
  const { context, dockerfile } = request;
  const pattern = new vscode.RelativePattern(vscode.Uri.file(context), '**');
  const watcher = vscode.workspace.createFileSystemWatcher(pattern);
  // VS Code compares paths alone: events of other file systems come, too.
  const changed = ({ scheme, fsPath }: vscode.Uri): void => {
    if (scheme === 'file') builds.contextChanged([fsPath]);
  };
  const listening = [
    builds.watch(request, onDidChange, 'host'),
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      changed(uri);
      // It may lie outside of the context.
      if (uri.scheme === 'file' && uri.fsPath === `${dockerfile}.dockerignore`) onDidChange();
    }),
  ];
  return {
    dispose: () => {
      for (const each of listening) each.dispose();
    },
  };
}
