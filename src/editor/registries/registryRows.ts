import * as vscode from 'vscode';
import type { BlobTransfer } from '../../engine/index.ts';
import { failureText } from '../failures.ts';
import type { SignIns } from '../signIns.ts';
import { oneLine, referenceTitle, shortId } from '../text.ts';
import { type RegistryNode, referenceOfNode } from './registryNodes.ts';
import type { Transfer } from './transfer.ts';
import { blobStateText, transferText } from './transferTexts.ts';

/** VS Code's item for a node of the view *Registries*. */
export function registryItem(node: RegistryNode, signIns: SignIns): vscode.TreeItem {
  const item = new vscode.TreeItem(labelOf(node), foldsOf(node));
  item.id = node.id;
  item.contextValue = contextOf(node, signIns);
  const [icon, description, command] = [iconOf(node), descriptionOf(node, signIns), commandOf(node)];
  if (icon !== undefined) item.iconPath = icon;
  if (description !== undefined && description !== '') item.description = description;
  if (command !== undefined) item.command = command;
  item.tooltip = tooltipOf(node);
  item.accessibilityInformation = { label: spokenText(node, signIns) };
  return item;
}

function tooltipOf(node: RegistryNode): string | undefined {
  if (node.kind === 'transferBlob') return node.blob.descriptor.digest;
  if (node.kind === 'transfer') return node.transfer.name;
  return 'path' in node ? oneLine(referenceOfNode(node)) : undefined;
}

function labelOf(node: RegistryNode): string {
  switch (node.kind) {
    case 'registry':
      return node.domain === 'docker.io' ? 'Docker Hub' : oneLine(node.domain);
    case 'repository':
      return oneLine(node.domain === 'docker.io' ? node.path.replace(/^library\/(?=[^/]+$)/, '') : node.path);
    case 'tag':
      return oneLine(node.tag);
    case 'moreTags':
      return vscode.l10n.t('Show more…');
    case 'registryNote':
      return node.text;
    case 'registryFailure':
      return vscode.l10n.t('Cannot be read');
    case 'transfer':
      return node.transfer.name.split('/').at(-1) ?? '';
    case 'transferBlob':
      return blobLabel(node.blob);
  }
}

function descriptionOf(node: RegistryNode, signIns: SignIns): string | undefined {
  if (node.kind === 'registryFailure') return failureText(node.failure);
  if (node.kind === 'transfer') return transferText(node.transfer);
  if (node.kind === 'transferBlob') return blobStateText(node.blob, node.parent.transfer.direction);
  if (node.kind !== 'registry') return undefined;
  const parts = [
    node.domain === 'docker.io' ? 'docker.io' : undefined,
    signIns.isSignedIn(node.domain) ? vscode.l10n.t('signed in') : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' \u00b7 ');
}

function foldsOf({ kind }: RegistryNode): vscode.TreeItemCollapsibleState {
  return kind === 'registry' || kind === 'repository' || kind === 'transfer'
    ? vscode.TreeItemCollapsibleState.Collapsed
    : vscode.TreeItemCollapsibleState.None;
}

function contextOf(node: RegistryNode, signIns: SignIns): string {
  if (node.kind !== 'registry') return node.kind;
  return signIns.isSignedIn(node.domain) ? 'registry signedIn' : 'registry';
}

function iconOf(node: RegistryNode): vscode.ThemeIcon | undefined {
  switch (node.kind) {
    case 'registry':
      return new vscode.ThemeIcon('cloud');
    case 'repository':
      return new vscode.ThemeIcon('repo');
    case 'tag':
      return new vscode.ThemeIcon('tag');
    case 'moreTags':
      return new vscode.ThemeIcon('ellipsis');
    case 'registryFailure':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    case 'transfer':
      return transferIcon(node.transfer);
    case 'transferBlob':
      return new vscode.ThemeIcon(blobIcons[node.blob.state.kind]);
    case 'registryNote':
      return undefined;
  }
}

function transferIcon({ state, direction }: Transfer): vscode.ThemeIcon {
  if (state === 'running') return new vscode.ThemeIcon('loading~spin');
  if (state !== 'done')
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  return new vscode.ThemeIcon(direction === 'pull' ? 'cloud-download' : 'cloud-upload');
}

const blobIcons: Readonly<Record<BlobTransfer['state']['kind'], string>> = {
  waiting: 'circle-outline',
  moving: 'loading~spin',
  moved: 'check',
  'already-here': 'pass-filled',
  mounted: 'link',
  failed: 'error',
};

function blobLabel({ role, layer, descriptor }: BlobTransfer): string {
  if (role === 'config') return vscode.l10n.t('Config');
  if (role === 'manifest') return vscode.l10n.t('Manifest');
  return layer === undefined ? (shortId(descriptor.digest) ?? '') : vscode.l10n.t('Layer {0}', String(layer));
}

function commandOf(node: RegistryNode): vscode.Command | undefined {
  if (node.kind === 'moreTags')
    return {
      command: 'lamina.showMoreTags',
      title: vscode.l10n.t('Show more…'),
      arguments: [node],
    };
  return undefined;
}

function spokenText(node: RegistryNode, signIns: SignIns): string {
  const kinds: Partial<Record<RegistryNode['kind'], string>> = {
    registry: vscode.l10n.t('registry'),
    repository: vscode.l10n.t('repository'),
    tag: vscode.l10n.t('tag'),
  };
  const name = node.kind === 'tag' ? referenceTitle(referenceOfNode(node)) : labelOf(node);
  const parts = [name, kinds[node.kind], descriptionOf(node, signIns)];
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}
