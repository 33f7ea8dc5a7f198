import * as vscode from 'vscode';
import type { Dockerfile } from '../../engine/index.ts';
import type { BuildMemory } from '../buildMemory.ts';
import { parsedDocument } from '../dockerfiles.ts';
import { oneLine, pickText } from '../text.ts';

/** Asks for the value of one of the arguments that a Dockerfile declares. */
export async function changeArguments(
  memory: BuildMemory,
  document: vscode.TextDocument,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const title = vscode.l10n.t('Arguments');
  const items = [...declared(parsedDocument(document))].map(([name, usual]) => ({
    label: pickText(oneLine(name)),
    description: pickText(oneLine(values.get(name) ?? usual ?? '')),
    detail: values.has(name)
      ? vscode.l10n.t('given to the build')
      : vscode.l10n.t('as the Dockerfile has it'),
    name,
  }));
  const placeHolder =
    items.length === 0
      ? vscode.l10n.t('This Dockerfile declares no arguments.')
      : vscode.l10n.t('Choose an argument');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder });
  if (chosen === undefined) return;
  const value = await askForValue(chosen.name, values.get(chosen.name));
  if (value !== undefined) await remember(memory, document.uri.fsPath, chosen.name, value);
}

function askForValue(name: string, value: string | undefined): Thenable<string | undefined> {
  const prompt = vscode.l10n.t('Empty means what the Dockerfile says.');
  return vscode.window.showInputBox({ title: oneLine(name), prompt, value: value ?? '' });
}

async function remember(memory: BuildMemory, dockerfile: string, name: string, value: string): Promise<void> {
  const others = Object.entries(memory.of(dockerfile).args ?? {}).filter(([each]) => each !== name);
  const args = Object.fromEntries(value === '' ? others : [...others, [name, value]]);
  await memory.change(dockerfile, { args: Object.keys(args).length === 0 ? undefined : args });
}

/** By name, with the value that the first declaration gives. */
function declared({ instructions }: Dockerfile): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const { name, args } of instructions) {
    if (name !== 'ARG') continue;
    for (const { text } of args) {
      const [key = '', ...value] = text.split('=');
      if (!found.has(key)) found.set(key, value.length === 0 ? undefined : value.join('='));
    }
  }
  return found;
}
