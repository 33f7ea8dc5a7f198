import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { tempDir } from '../../support/tempDir.ts';

/** Writes a folder with a Dockerfile and shows that in an editor. */
export async function openDockerfile(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<vscode.TextEditor> {
  const folder = tempDir().path;
  for (const [name, content] of Object.entries({ Dockerfile: text, ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return vscode.window.showTextDocument(vscode.Uri.file(path.join(folder, 'Dockerfile')));
}
