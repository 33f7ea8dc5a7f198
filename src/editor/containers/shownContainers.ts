import type { EngineContainer } from '../../engine/index.ts';
import {
  type ContainerEngineNode,
  containerName,
  containerNode,
  type ContainerNode,
  isAlive,
  type ProjectNode,
} from '../containerNodes.ts';
import type { KnownEngine } from '../knownEngine.ts';

// What of an engine's containers is shown, in which order, and in which groups.

/** What of the containers is shown; as a person chose it. */
export interface ContainersShown {
  /** Text that a name, an image or an ID holds; empty for all. */
  readonly filter: string;
  readonly groupsProjects: boolean;
  readonly showsStopped: boolean;
}

/** Compose projects first, then the containers that belong to none; each by name. */
export function containerChildren(
  parent: ContainerEngineNode,
  shown: ContainersShown,
): readonly (ProjectNode | ContainerNode)[] {
  const projects = new Map<string, EngineContainer[]>();
  const single: EngineContainer[] = [];
  for (const container of shownContainers(parent.engine, shown)) {
    const project = shown.groupsProjects ? projectOf(container) : undefined;
    if (project === undefined) single.push(container);
    else projects.set(project, [...(projects.get(project) ?? []), container]);
  }
  return [
    ...[...projects].map(([name, containers]) => projectNode(parent, name, containers)),
    ...single.map((container) => containerNode(parent, container)),
  ];
}

/** Those that are to be shown, by name: a list in which nothing jumps when a container stops. */
export function shownContainers(
  { lists }: KnownEngine,
  { filter, showsStopped }: ContainersShown,
): readonly EngineContainer[] {
  return lists.containers
    .filter((each) => (showsStopped || isAlive(each)) && holds([...each.names, each.image], each.id, filter))
    .sort((a, b) => containerName(a).localeCompare(containerName(b)));
}

/** Whether a name or an image holds the text, or the ID begins with it. */
export function holds(texts: readonly string[], id: string, filter: string): boolean {
  const wanted = filter.toLowerCase();
  return wanted === '' || id.startsWith(wanted) || texts.some((text) => text.toLowerCase().includes(wanted));
}

function projectNode(
  parent: ContainerEngineNode,
  name: string,
  containers: readonly EngineContainer[],
): ProjectNode {
  const id = `${parent.id}#project/${name}`;
  return { kind: 'project', id, parent, engine: parent.engine, name, containers };
}

function projectOf({ labels }: EngineContainer): string | undefined {
  return labels['com.docker.compose.project'] ?? labels['io.podman.compose.project'];
}
