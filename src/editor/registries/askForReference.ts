import * as vscode from 'vscode';
import { complaintAbout } from '../imageNames.ts';

/** Asks for an image in a registry, checked while it is typed. Undefined when called off. */
export async function askForReference(
  title: string,
  prompt: string,
  value = '',
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    value,
    placeHolder: 'nginx:1.27, ghcr.io/owner/app, localhost:5000/app:1',
    ignoreFocusOut: true,
    validateInput: (typed) => complaintAbout(withoutScheme(typed)),
  });
  return text === undefined ? undefined : withoutScheme(text);
}

/** People paste `docker://…` and addresses of web pages' registries. */
function withoutScheme(text: string): string {
  return text.trim().replace(/^(?:docker|https?):\/\//, '');
}
