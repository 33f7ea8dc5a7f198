import * as vscode from 'vscode';
import { isEngineError, parseReference } from '../engine/index.ts';

/** Asks for an image name and checks it while it is typed. Undefined when called off. */
export async function askForName(
  title: string,
  prompt: string,
  value: string,
  need: 'required' | 'optional' = 'required',
): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title,
    prompt,
    value,
    placeHolder: 'example.com/app:1.0',
    validateInput: (text) => complaintAbout(text.trim(), need),
  });
  return name?.trim();
}

/** What is wrong with a name that is being typed; undefined when nothing is. */
export function complaintAbout(name: string, need: 'required' | 'optional' = 'required'): string | undefined {
  if (name === '') return need === 'optional' ? undefined : vscode.l10n.t('Type a name.');
  try {
    parseReference(name);
    return undefined;
  } catch (error) {
    if (!isEngineError(error, 'invalid-reference')) throw error;
    return vscode.l10n.t('A name looks like registry/name:tag, in lower case.');
  }
}
