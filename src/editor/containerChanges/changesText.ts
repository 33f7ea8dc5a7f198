import * as vscode from 'vscode';
import type { ContainerFileChange } from '../../engine/index.ts';
import { changeLetters, changeReason, isOwnChange } from '../changeText.ts';
import type { EditorContext } from '../context.ts';
import { facts } from '../row.ts';
import { countText, imageTitle, nameText, oneLine, sizeText } from '../text.ts';

/** Reasons stand below one another, unless a path is longer than this. */
const widestPath = 80;

/** What a container changed: each line as `docker diff` has it, and why. */
export async function containerChangesText({ containers }: EditorContext, id: string): Promise<string> {
  const container = await containers.byId(id);
  const [changes, opened] = await Promise.all([container.files.changes(), container.image()]);
  const image = opened === undefined ? vscode.l10n.t('an image that is gone') : imageTitle(opened.image);
  const heading = [
    `# ${vscode.l10n.t('What {0} changed of {1}', oneLine(container.name), image)}`,
    `# ${countedText(changes)}`,
    '',
  ];
  return [...heading, ...linesOf(changes), ''].join('\n');
}

function countedText(changes: readonly ContainerFileChange[]): string {
  const own = changes.filter(isOwnChange).length;
  const folders = changes.length - own;
  return folders === 0
    ? countText(own)
    : vscode.l10n.t('{0}, and {1} folders on the way to them', countText(own), countText(folders));
}

function linesOf(changes: readonly ContainerFileChange[]): readonly string[] {
  const paths = changes.map(({ path }) => nameText(path));
  const width = Math.min(widestPath, Math.max(0, ...paths.map((path) => path.length)));
  return changes.map(
    (change, at) => `${changeLetters[change.kind]} ${(paths[at] ?? '').padEnd(width)}  ${whyText(change)}`,
  );
}

function whyText(change: ContainerFileChange): string {
  const { after } = change;
  return facts(changeReason(change), after?.type === 'file' ? sizeText(after.size) : undefined);
}
