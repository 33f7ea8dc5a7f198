import * as vscode from 'vscode';
import type { EngineContainer, EnginePort } from '../../engine/index.ts';
import {
  type AnyContainerNode,
  containerName,
  type ContainerNode,
  containerNow,
  type ContainersNode,
  type ContainersNoteNode,
  type DamagedContainerNode,
  isAlive,
  type ProjectNode,
  type StoredContainerNode,
} from '../containerNodes.ts';
import { containerImageText, containerStateText, engineRow, engineTooltip } from '../engineText.ts';
import { failureText } from '../failures.ts';
import { SafeMarkdown } from '../markdown.ts';
import { moreRow } from '../moreRow.ts';
import { facts, itemOf, type Row, warningIcon } from '../row.ts';
import { ageText, countText, dateText, oneLine, referenceTitle, shortId } from '../text.ts';
import type { ChangeLists } from './changeLists.ts';
import {
  changeRow,
  changesRow,
  changesTooltip,
  changeTooltip,
  fileRow,
  filesRow,
  fileTooltip,
  summaryText,
} from './pathRows.ts';

// The lines of the view *Containers*. A line shows what is known already, and asks nothing.

export function containersItem(node: ContainersNode, lists: ChangeLists): vscode.TreeItem {
  return itemOf(node, rowOf(node, lists));
}

/** @param storeDirectory where the containers of the store lie. */
export function containersTooltip(
  node: ContainersNode,
  lists: ChangeLists,
  storeDirectory: () => string,
): SafeMarkdown | undefined {
  switch (node.kind) {
    case 'containerStore':
      return storeTooltip(storeDirectory());
    case 'containerEngine':
      return engineTooltip(node.engine);
    case 'storedContainer':
      return storedTooltip(node, summaryOf(node, lists), storeDirectory());
    case 'container':
      return containerTooltip(containerNow(node), summaryOf(node, lists));
    case 'damagedContainer':
      return new SafeMarkdown().paragraph(failureText(node.failure));
    case 'containerChanges':
      return changesTooltip(node, lists.known(node.containerId));
    case 'containerChange':
      return changeTooltip(node);
    case 'containerFile':
      return fileTooltip(node, lists.changesOf(node.containerId)?.at(node.path));
    case 'containersNote':
      return new SafeMarkdown().paragraph(node.text);
    case 'project':
    case 'containerFiles':
    case 'moreOfContainers':
      return undefined;
  }
}

function rowOf(node: ContainersNode, lists: ChangeLists): Row {
  switch (node.kind) {
    case 'containerStore':
      return storeRow();
    case 'containerEngine':
      return engineRow(node.engine);
    case 'project':
      return projectRow(node);
    case 'storedContainer':
      return storedRow(node, summaryOf(node, lists));
    case 'container':
      return containerRow(node, summaryOf(node, lists));
    case 'damagedContainer':
      return damagedRow(node);
    case 'containerChanges':
      return changesRow(lists.known(node.containerId));
    case 'containerChange':
      return changeRow(node, lists.changesOf(node.containerId));
    case 'containerFiles':
      return filesRow(node);
    case 'containerFile':
      return fileRow(node, lists.changesOf(node.containerId)?.at(node.path));
    case 'moreOfContainers':
      return moreRow(node, 'lamina.showMoreOfContainer');
    case 'containersNote':
      return noteRow(node);
  }
}

/** What a container's writable layer holds, where that is known. */
function summaryOf({ containerId }: AnyContainerNode, lists: ChangeLists): string | undefined {
  const changes = lists.changesOf(containerId);
  if (changes === undefined) return undefined;
  return changes.count === 0 ? vscode.l10n.t('no changes') : summaryText(changes);
}

function storeRow(): Row {
  return {
    label: vscode.l10n.t('Lamina Store'),
    icon: new vscode.ThemeIcon('database'),
    folds: 'open',
    context: 'containerStore',
  };
}

function storeTooltip(directory: string): SafeMarkdown {
  return new SafeMarkdown()
    .title(oneLine(directory))
    .paragraph(
      vscode.l10n.t('Containers that Lamina keeps on this machine. Nothing runs in them: they are files.'),
    );
}

function projectRow({ name, containers, engine }: ProjectNode): Row {
  const running = containers.filter((each) => isAlive(engine.lists.container(each.id) ?? each)).length;
  return {
    label: oneLine(name),
    description: vscode.l10n.t('{0} of {1} running', countText(running), countText(containers.length)),
    icon: new vscode.ThemeIcon('multiple-windows'),
    folds: 'open',
    context: 'project',
    spoken: vscode.l10n.t('Compose project'),
  };
}

function storedRow({ config }: StoredContainerNode, summary: string | undefined): Row {
  const { name, image, created } = config;
  return {
    label: oneLine(name),
    description: facts(imageNameText(image), summary, ageText(Date.parse(created) / 1000)),
    icon: new vscode.ThemeIcon('layers-active'),
    folds: 'closed',
    context: 'storeContainer',
    spoken: vscode.l10n.t('container'),
  };
}

function storedTooltip(
  { config }: StoredContainerNode,
  summary: string | undefined,
  directory: string,
): SafeMarkdown {
  const { id, name, image, created } = config;
  return new SafeMarkdown().title(oneLine(name)).facts([
    [vscode.l10n.t('Image'), imageNameText(image)],
    [vscode.l10n.t('Layers'), countText(image.diffIds.length)],
    [vscode.l10n.t('Changes'), summary],
    [vscode.l10n.t('Created'), facts(dateText(created), ageText(Date.parse(created) / 1000))],
    [vscode.l10n.t('Kept in'), oneLine(directory)],
    [vscode.l10n.t('Manifest'), image.manifest],
    [vscode.l10n.t('Container ID'), id],
  ]);
}

/** What the image was called when the container was made. */
function imageNameText({ name, manifest }: StoredContainerNode['config']['image']): string {
  return referenceTitle(name) ?? shortId(manifest) ?? '';
}

function damagedRow({ damagedId, failure }: DamagedContainerNode): Row {
  return {
    label: damagedId.slice(0, 12),
    description: failureText(failure),
    icon: warningIcon(),
    context: 'damagedContainer',
    spoken: vscode.l10n.t('container'),
  };
}

function containerRow(node: ContainerNode, summary: string | undefined): Row {
  const container = containerNow(node);
  return {
    label: oneLine(containerName(container)),
    description: facts(containerImageText(container), summary, statusText(container)),
    icon: iconOf(container),
    folds: 'closed',
    context: ['container', 'engineContainer', container.state, isAlive(container) ? 'alive' : 'still'].join(
      ' ',
    ),
    spoken: facts(vscode.l10n.t('container'), containerStateText(container.state)),
  };
}

/** In the engine's words, `Up 3 minutes (healthy)`; it says nothing of one that was never started. */
function statusText({ status, state }: EngineContainer): string {
  return status === '' ? containerStateText(state) : oneLine(status);
}

function iconOf({ state, status }: EngineContainer): vscode.ThemeIcon {
  if (state === 'running')
    return status.includes('(unhealthy)')
      ? colored('warning', 'list.warningForeground')
      : colored('vm-running', 'charts.green');
  if (state === 'paused') return colored('debug-pause', 'charts.yellow');
  if (state === 'restarting') return colored('sync', 'charts.yellow');
  return state === 'dead' ? colored('error', 'list.errorForeground') : new vscode.ThemeIcon('vm-outline');
}

function colored(icon: string, color: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

function containerTooltip(container: EngineContainer, summary: string | undefined): SafeMarkdown {
  const { command, createdSeconds, ports, networks, mounts, id, names } = container;
  return new SafeMarkdown().title(oneLine(containerName(container))).facts([
    [vscode.l10n.t('State'), facts(containerStateText(container.state), oneLine(container.status))],
    [vscode.l10n.t('Image'), containerImageText(container)],
    [vscode.l10n.t('Changes'), summary],
    [vscode.l10n.t('Command'), oneLine(command)],
    [vscode.l10n.t('Created'), createdSeconds > 0 ? ageText(createdSeconds) : undefined],
    [vscode.l10n.t('Ports'), portsText(ports)],
    [vscode.l10n.t('Networks'), networks.map(oneLine).join(', ')],
    [vscode.l10n.t('Mounts'), mounts.map(({ destination }) => oneLine(destination)).join(', ')],
    [vscode.l10n.t('Also named'), names.slice(1).map(oneLine).join(', ')],
    [vscode.l10n.t('Container ID'), oneLine(id)],
  ]);
}

/** `8080 → 80/tcp`, each once though it may listen on IPv4 and IPv6. */
function portsText(ports: readonly EnginePort[]): string {
  const texts = ports.map(({ containerPort, hostPort, protocol }) =>
    hostPort === undefined
      ? `${containerPort}/${protocol}`
      : `${hostPort} \u2192 ${containerPort}/${protocol}`,
  );
  return [...new Set(texts)].map(oneLine).join(', ');
}

function noteRow({ text, isFailure, command }: ContainersNoteNode): Row {
  return {
    label: text,
    icon: isFailure === true ? warningIcon() : undefined,
    context: 'note',
    command: command === undefined ? undefined : { command, title: text },
  };
}
