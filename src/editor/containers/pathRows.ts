import * as vscode from 'vscode';
import type { ContainerFile, ContainerFileChange } from '../../engine/index.ts';
import { changeReason } from '../changeText.ts';
import {
  type ContainerChangeNode,
  type ContainerChangesNode,
  type ContainerFileNode,
  type ContainerFilesNode,
  namesBelow,
  pathOfNode,
} from '../containerNodes.ts';
import { entryDescription, entryFacts, pathIcon, typeText } from '../entryText.ts';
import { failureText } from '../failures.ts';
import { SafeMarkdown } from '../markdown.ts';
import { facts, type Row, warningIcon } from '../row.ts';
import { countText, nameText, sizeText } from '../text.ts';
import { containerFileUri } from '../uri.ts';
import type { ChangesKnown } from './changeLists.ts';
import type { ChangeSummary, ChangeTree } from './changeTree.ts';

// What a container changed, and its files.

export function changesRow(known: ChangesKnown | undefined): Row {
  return {
    label: vscode.l10n.t('Changes'),
    description: changesDescription(known),
    icon: known?.kind === 'failed' ? warningIcon() : new vscode.ThemeIcon('diff'),
    folds: 'closed',
    context: 'containerChanges',
  };
}

export function changesTooltip(
  { containerName }: ContainerChangesNode,
  known: ChangesKnown | undefined,
): SafeMarkdown {
  const markdown = new SafeMarkdown().title(vscode.l10n.t('What {0} changed', containerName));
  if (known?.kind === 'failed') return markdown.paragraph(failureText(known.failure));
  markdown.paragraph(
    vscode.l10n.t('All that a container writes goes into a layer of its own. Its image never changes.'),
  );
  return known === undefined ? markdown : markdown.facts(summaryFacts(known.changes.summary));
}

/** `2 changes · 1.2 kB`. */
export function summaryText({ count, summary }: ChangeTree): string {
  const changes = count === 1 ? vscode.l10n.t('1 change') : vscode.l10n.t('{0} changes', countText(count));
  return facts(changes, count === 0 ? undefined : sizeText(summary.bytes));
}

/** A folder on the way to one other stands before it on the same line: `usr/share/nginx`. */
export function changeRow(node: ContainerChangeNode, changes: ChangeTree | undefined): Row {
  const { change, parent, path } = node;
  const shown = change.after ?? change.before;
  const isFolder = changes?.isFolder(change) ?? shown?.type === 'dir';
  const isOnTheWay = changes?.isOnTheWay(change) === true;
  return {
    label: nameText(namesBelow(pathOfNode(parent), path)),
    description: isOnTheWay ? undefined : changeDescription(change),
    icon: pathIcon(shown ?? { type: isFolder ? 'dir' : 'file' }),
    folds: (changes?.below(path).length ?? 0) > 0 ? 'open' : undefined,
    context: ['containerChange', change.kind, isFolder ? 'folder' : 'file'].join(' '),
    spoken: isOnTheWay ? undefined : changeWord(change),
    uri: uriOf(node),
    command: isFolder ? undefined : openChange(node),
  };
}

export function changeTooltip({ change, path }: ContainerChangeNode): SafeMarkdown {
  const { before, after } = change;
  const markdown = new SafeMarkdown().title(nameText(path));
  const what: Facts = [[vscode.l10n.t('Change'), facts(changeWord(change), changeReasonOnly(change))]];
  if (before === undefined || after === undefined) {
    const shown = after ?? before;
    return markdown.facts(shown === undefined ? what : [...what, ...entryFacts(shown)]);
  }
  return markdown.facts([...what, ...bothFacts(before, after)]);
}

export function filesRow({ containerId, containerName, path }: ContainerFilesNode): Row {
  return {
    label: vscode.l10n.t('Files'),
    description: vscode.l10n.t('what the container sees'),
    icon: new vscode.ThemeIcon('root-folder'),
    folds: 'closed',
    context: 'containerFiles',
    uri: containerFileUri({ id: containerId, name: containerName }, path),
  };
}

/** @param change of the file itself, where it is known. */
export function fileRow(node: ContainerFileNode, change: ContainerFileChange | undefined): Row {
  const { file } = node;
  const isFolder = file.type === 'dir';
  return {
    label: nameText(file.name),
    description: entryDescription(file),
    icon: pathIcon(file),
    folds: isFolder ? 'closed' : undefined,
    context: isFolder ? 'containerFolder' : 'containerFile',
    spoken: facts(typeText(file), change && changeWord(change)),
    uri: uriOf(node),
    command: isFolder ? undefined : openFile(node),
  };
}

export function fileTooltip(
  { file, path }: ContainerFileNode,
  change: ContainerFileChange | undefined,
): SafeMarkdown {
  const what = change && facts(changeWord(change), changeReasonOnly(change));
  return new SafeMarkdown()
    .title(nameText(path))
    .facts([[vscode.l10n.t('Change'), what], ...entryFacts(file)]);
}

type Facts = readonly (readonly [name: string, value: string | undefined])[];

function changesDescription(known: ChangesKnown | undefined): string {
  if (known === undefined) return vscode.l10n.t('what differs from the image');
  if (known.kind === 'failed') return vscode.l10n.t('cannot be read');
  const { count, summary } = known.changes;
  const size = vscode.l10n.t('{0} in the writable layer', sizeText(summary.bytes));
  return count === 0 ? vscode.l10n.t('none') : facts(countText(count), size);
}

function summaryFacts({ added, modified, removed, bytes }: ChangeSummary): Facts {
  return [
    [vscode.l10n.t('Added'), countText(added)],
    [vscode.l10n.t('Modified'), countText(modified)],
    [vscode.l10n.t('Removed'), countText(removed)],
    [vscode.l10n.t('In the writable layer'), sizeText(bytes)],
  ];
}

function changeWord({ kind }: ContainerFileChange): string {
  return {
    added: vscode.l10n.t('added'),
    modified: vscode.l10n.t('modified'),
    removed: vscode.l10n.t('removed'),
  }[kind];
}

/** Why it counts as modified. */
function changeReasonOnly(change: ContainerFileChange): string {
  return change.kind === 'modified' && change.differs.length > 0 ? changeReason(change) : '';
}

/** Who writes a file changes its time as well; that goes without saying. */
function changeDescription(change: ContainerFileChange): string {
  const { kind, differs, before, after } = change;
  const others = differs.filter((aspect) => aspect !== 'mtime');
  const told = kind === 'modified' && others.length > 0 ? { ...change, differs: others } : change;
  const word = kind === 'modified' && differs.length === 0 ? changeWord(change) : changeReason(told);
  const shown = after ?? before;
  return facts(word, shown?.type === 'symlink' ? entryDescription(shown) : sizesText(before, after));
}

/** A file's size; before and after, where it is another. */
function sizesText(before: ContainerFile | undefined, after: ContainerFile | undefined): string | undefined {
  const sizes = [before, after]
    .filter((each) => each?.type === 'file')
    .map((each) => sizeText(each?.size ?? 0));
  return sizes.length === 0 ? undefined : [...new Set(sizes)].join(' \u2192 ');
}

/** Both versions, where they differ. */
function bothFacts(before: ContainerFile, after: ContainerFile): Facts {
  const old = new Map(entryFacts(before));
  return entryFacts(after).map(([name, value]) => {
    const was = old.get(name);
    return [name, was === undefined || was === value ? value : `${was} \u2192 ${value ?? ''}`];
  });
}

function uriOf({ containerId, containerName, path }: ContainerChangeNode | ContainerFileNode): vscode.Uri {
  return containerFileUri({ id: containerId, name: containerName }, path);
}

/** What was written is compared with what the image has; the rest is opened. */
function openChange(node: ContainerChangeNode): vscode.Command {
  const { kind, differs } = node.change;
  const isCompared = kind === 'removed' || differs.some((aspect) => comparable.has(aspect));
  return isCompared
    ? {
        command: 'lamina.compareWithImage',
        title: vscode.l10n.t('Compare with Image'),
        arguments: [node],
      }
    : { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uriOf(node)] };
}

const comparable: ReadonlySet<string> = new Set(['content', 'type']);

function openFile(node: ContainerFileNode): vscode.Command {
  const title = vscode.l10n.t('Open');
  return node.file.type === 'file'
    ? { command: 'vscode.open', title, arguments: [uriOf(node)] }
    : { command: 'lamina.openContainerFile', title, arguments: [node] };
}
