import * as vscode from 'vscode';
import type { EngineContainer, EnginePort } from '../../engine/index.ts';
import { containerImageText, containerStateText, engineRow, engineTooltip } from '../engineText.ts';
import { SafeMarkdown } from '../markdown.ts';
import { facts, itemOf, type Row } from '../row.ts';
import { ageText, countText, oneLine } from '../text.ts';
import {
  containerName,
  type ContainerNode,
  containerNow,
  type ContainersNode,
  isAlive,
  type ProjectNode,
} from '../containerNodes.ts';

export function containersItem(node: ContainersNode): vscode.TreeItem {
  return itemOf(node, rowOf(node));
}

export function containersTooltip(node: ContainersNode): SafeMarkdown | undefined {
  if (node.kind === 'containerEngine') return engineTooltip(node.engine);
  if (node.kind === 'containersNote') return new SafeMarkdown().paragraph(node.text);
  return node.kind === 'container' ? containerTooltip(containerNow(node)) : undefined;
}

function rowOf(node: ContainersNode): Row {
  switch (node.kind) {
    case 'containerEngine':
      return engineRow(node.engine);
    case 'project':
      return projectRow(node);
    case 'container':
      return containerRow(node);
    case 'containersNote':
      return { label: node.text, context: 'note' };
    default:
      return { label: '', context: '' };
  }
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

function containerRow(node: ContainerNode): Row {
  const container = containerNow(node);
  return {
    label: oneLine(containerName(container)),
    description: facts(containerImageText(container), statusText(container)),
    icon: iconOf(container),
    context: ['container', container.state, isAlive(container) ? 'alive' : 'still'].join(' '),
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

function containerTooltip(container: EngineContainer): SafeMarkdown {
  const { command, createdSeconds, ports, networks, mounts, id, names } = container;
  return new SafeMarkdown().title(oneLine(containerName(container))).facts([
    [vscode.l10n.t('State'), facts(containerStateText(container.state), oneLine(container.status))],
    [vscode.l10n.t('Image'), containerImageText(container)],
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
