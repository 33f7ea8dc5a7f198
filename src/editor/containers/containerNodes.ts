import { type EngineContainer } from '../../engine/index.ts';
import type { KnownEngine } from '../knownEngine.ts';

/** What the view *Containers* is made of; commands receive these. `id` is stable and holds no state. */
export type ContainersNode = ContainerEngineNode | ProjectNode | ContainerNode | ContainersNoteNode;

export interface ContainerEngineNode {
  readonly kind: 'containerEngine';
  readonly id: string;
  readonly parent: undefined;
  readonly engine: KnownEngine;
}

/** The containers of one Compose project. */
export interface ProjectNode {
  readonly kind: 'project';
  readonly id: string;
  readonly parent: ContainerEngineNode;
  readonly engine: KnownEngine;
  readonly name: string;
  readonly containers: readonly EngineContainer[];
}

export interface ContainerNode {
  readonly kind: 'container';
  readonly id: string;
  readonly parent: ContainerEngineNode | ProjectNode;
  readonly engine: KnownEngine;
  /** As it was when the node was made; {@link containerNow} tells how it is. */
  readonly container: EngineContainer;
  /** What *Reveal in Images View* shows. */
  readonly imageId: string;
}

export interface ContainersNoteNode {
  readonly kind: 'containersNote';
  readonly id: string;
  readonly parent: ContainerEngineNode;
  readonly text: string;
}

/** What of the containers is shown; as a person chose it. */
export interface ContainersShown {
  /** Text that a name, an image or an ID holds; empty for all. */
  readonly filter: string;
  readonly groupsProjects: boolean;
  readonly showsStopped: boolean;
}

export function containerEngineNode(engine: KnownEngine): ContainerEngineNode {
  return { kind: 'containerEngine', id: engine.location, parent: undefined, engine };
}

export function containerNode(
  parent: ContainerEngineNode | ProjectNode,
  container: EngineContainer,
): ContainerNode {
  const { engine } = parent;
  const imageId = engine.lists.imageOfContainer(container)?.id ?? container.imageId;
  const id = `${parent.id}#${container.id}`;
  return { kind: 'container', id, parent, engine, container, imageId };
}

/** As the engine tells it now: an event draws the line again, and VS Code does so with the node it has. */
export function containerNow({ engine, container }: ContainerNode): EngineContainer {
  return engine.lists.container(container.id) ?? container;
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
  const wanted = filter.toLowerCase();
  return lists.containers
    .filter((each) => (showsStopped || isAlive(each)) && holds(each, wanted))
    .sort((a, b) => containerName(a).localeCompare(containerName(b)));
}

export function containerName({ names, id }: Pick<EngineContainer, 'names' | 'id'>): string {
  return names[0] ?? id.slice(0, 12);
}

export function isAlive({ state }: Pick<EngineContainer, 'state'>): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

export function isContainersNode(value: unknown): value is ContainersNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'containerEngine' ||
      value.kind === 'project' ||
      value.kind === 'container' ||
      value.kind === 'containersNote')
  );
}

function projectNode(
  parent: ContainerEngineNode,
  name: string,
  containers: readonly EngineContainer[],
): ProjectNode {
  return {
    kind: 'project',
    id: `${parent.id}#project/${name}`,
    parent,
    engine: parent.engine,
    name,
    containers,
  };
}

function projectOf({ labels }: EngineContainer): string | undefined {
  return labels['com.docker.compose.project'] ?? labels['io.podman.compose.project'];
}

function holds({ names, image, id }: EngineContainer, wanted: string): boolean {
  if (wanted === '' || id.startsWith(wanted)) return true;
  return [...names, image].some((text) => text.toLowerCase().includes(wanted));
}
