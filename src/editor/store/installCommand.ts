import { accessSync, constants } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { EngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { commandScript, isOurScript } from './commandScript.ts';

const installedKey = 'lamina.installedCommand';

/** Where the command was put, and what it starts. */
interface Installed {
  readonly file: string;
  readonly script: string;
}

/** Puts a small script `lamina` into a folder that a person chooses, so that terminals find the command line. */
export async function installCommand(context: EditorContext): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const file = path.join(folder, isWindows ? 'lamina.cmd' : 'lamina');
  await refuseForeign(file);
  const script = scriptOf(context);
  await write(file, script);
  await context.memory.update(installedKey, { file, script } satisfies Installed);
  const isFound = searchPath().includes(folder);
  void vscode.window.showInformationMessage(
    isFound
      ? vscode.l10n.t('“lamina” is installed. Try “lamina help” in a new terminal.')
      : vscode.l10n.t('“lamina” is installed in {0}. Add that folder to PATH to find it.', folder),
  );
}

/** After an update of Lamina or VS Code, an installed script still starts the right one. */
export async function renewCommand(context: EditorContext): Promise<void> {
  const installed = context.memory.get<Installed>(installedKey);
  const script = scriptOf(context);
  if (installed === undefined || installed.script === script) return;
  const present = await readFile(installed.file, 'utf8').catch(() => undefined);
  // A script that was removed or replaced is a person's decision.
  if (present !== installed.script) {
    await context.memory.update(installedKey, undefined);
    return;
  }
  await write(installed.file, script);
  await context.memory.update(installedKey, { ...installed, script } satisfies Installed);
}

const isWindows = process.platform === 'win32';

function scriptOf({ extensionUri }: EditorContext): string {
  const cli = vscode.Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath;
  return commandScript({ runtime: process.execPath, cli, isWindows });
}

async function chooseFolder(): Promise<string | undefined> {
  const onPath = vscode.l10n.t('in PATH');
  const items = writableFolders().map((folder) => ({ label: folder, description: onPath, folder }));
  const browse = { label: vscode.l10n.t('Another Folder…'), description: '', folder: undefined };
  const title = vscode.l10n.t("Install 'lamina' Command");
  const placeHolder = vscode.l10n.t('Choose where to put the command');
  const chosen = await vscode.window.showQuickPick([...items, browse], { title, placeHolder });
  if (chosen === undefined || chosen.folder !== undefined) return chosen?.folder;
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, title })) ?? [];
  return folder?.fsPath;
}

/** Folders of PATH that this user may write; those made for one's own programs first, those of tools left out. */
function writableFolders(): readonly string[] {
  const home = os.homedir();
  const usual = [
    path.join(home, '.local', 'bin'),
    path.join(home, 'bin'),
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  const rank = (folder: string): number => (usual.includes(folder) ? usual.indexOf(folder) : usual.length);
  const isOfTool = (folder: string): boolean =>
    /[\\/](?:node_modules|shims|go|\.[^\\/]+)(?:[\\/]|$)/.test(folder) && !usual.includes(folder);
  return searchPath()
    .filter((folder) => !isOfTool(folder) && isWritable(folder))
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 6);
}

function searchPath(): readonly string[] {
  return [
    ...new Set((process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder))),
  ];
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function refuseForeign(file: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present !== undefined && !isOurScript(present))
    throw new EngineError('already-exists', file, 'it is another program');
}

async function write(file: string, script: string): Promise<void> {
  await writeFile(file, script);
  if (!isWindows) await chmod(file, 0o755);
}
