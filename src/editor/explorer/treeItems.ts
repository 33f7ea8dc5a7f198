import * as vscode from 'vscode';
import { type Engine, rootPath } from '../../engine/index.ts';
import { failureText } from '../failures.ts';
import { SafeMarkdown } from '../markdown.ts';
import type { FilesNode, Node, NoteNode, ProblemNode, ProblemsNode, UnreadableNode } from '../nodes.ts';
import { problemText } from '../problemTexts.ts';
import { problemCountText } from '../text.ts';
import { rootfsUri } from '../uri.ts';
import type { LayerReading } from './layerReading.ts';
import {
  knownLayerRow,
  knownLayerTooltip,
  layerRow,
  layerTooltip,
  placeRow,
  stepRow,
  stepsRow,
  stepTooltip,
} from './layerRows.ts';
import { changeRow, changeTooltip, fileRow, fileTooltip } from './pathRows.ts';
import {
  engineGroupRow,
  engineImageRow,
  engineImageTooltip,
  engineNodeRow,
  engineNodeTooltip,
} from './engineRows.ts';
import { moreRow } from '../moreRow.ts';
import { itemOf, type Row, warningIcon } from '../row.ts';
import { entryRow, entryTooltip, imageRow, imageTooltip, sourceRow, sourceTooltip } from './sourceRows.ts';

/** VS Code's item for a node: everything but the tooltip. */
export function treeItem(node: Node, reading: LayerReading): vscode.TreeItem {
  return itemOf(node, rowOf(node, reading));
}

/** The tooltip, made when a person points at the line. */
export function nodeTooltip(node: Node, reading: LayerReading, engine: Engine): SafeMarkdown | undefined {
  switch (node.kind) {
    case 'source':
      return sourceTooltip(node, () => engine.store.directory);
    case 'engine':
      return engineNodeTooltip(node);
    case 'engineImage':
      return engineImageTooltip(node);
    case 'entry':
      return entryTooltip(node);
    case 'image':
      return imageTooltip(node, reading);
    case 'layer':
      return layerTooltip(node, reading);
    case 'step':
      return stepTooltip(node);
    case 'file':
      return fileTooltip(node);
    case 'change':
      return changeTooltip(node);
    case 'knownLayer':
      return knownLayerTooltip(node);
    case 'problem':
      return new SafeMarkdown().paragraph(problemText(node.problem));
    case 'unreadable':
      return new SafeMarkdown().paragraph(failureText(node.failure));
    case 'note':
      return new SafeMarkdown().paragraph(node.text);
    case 'engineGroup':
    case 'files':
    case 'steps':
    case 'problems':
    case 'more':
    case 'place':
      return undefined;
  }
}

function rowOf(node: Node, reading: LayerReading): Row {
  switch (node.kind) {
    case 'source':
      return sourceRow(node);
    case 'engine':
      return engineNodeRow(node);
    case 'engineGroup':
      return engineGroupRow(node);
    case 'engineImage':
      return engineImageRow(node);
    case 'entry':
      return entryRow(node);
    case 'image':
      return imageRow(node, reading);
    case 'unreadable':
      return unreadableRow(node);
    case 'files':
      return filesRow(node);
    case 'file':
      return fileRow(node);
    case 'layer':
      return layerRow(node, reading);
    case 'steps':
      return stepsRow(node);
    case 'step':
      return stepRow(node);
    case 'change':
      return changeRow(node);
    case 'problems':
      return problemsRow(node);
    case 'problem':
      return problemRow(node);
    case 'more':
      return moreRow(node, 'lamina.showMore');
    case 'note':
      return noteRow(node);
    case 'knownLayer':
      return knownLayerRow(node, reading);
    case 'place':
      return placeRow(node);
  }
}

function filesRow({ opened }: FilesNode): Row {
  return {
    label: vscode.l10n.t('Files'),
    description: vscode.l10n.t('what a container sees'),
    icon: new vscode.ThemeIcon('root-folder'),
    folds: 'closed',
    context: 'files directory',
    uri: rootfsUri(opened.image, rootPath),
  };
}

function unreadableRow({ label, failure }: UnreadableNode): Row {
  return { label, description: failureText(failure), icon: warningIcon(), context: 'unreadable' };
}

function problemsRow({ problems }: ProblemsNode): Row {
  return {
    label: problemCountText(problems.length),
    icon: warningIcon(),
    folds: 'closed',
    context: 'problems',
  };
}

function problemRow({ problem }: ProblemNode): Row {
  return { label: problemText(problem), context: 'problem', icon: new vscode.ThemeIcon('circle-small') };
}

function noteRow({ text }: NoteNode): Row {
  return { label: text, context: 'note' };
}
