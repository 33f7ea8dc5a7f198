import {
  type ByteName,
  byteName,
  type ContainerConfig,
  type ContainerFile,
  type ContainerFileChange,
  type EngineContainer,
  type EngineError,
  joinPath,
  type LayerPath,
  rootPath,
  toText,
} from '../engine/index.ts';
import type { KnownEngine } from './knownEngine.ts';

/**
 * What the view *Containers* is made of; commands receive these. Plain values: `id` is stable over a refresh and holds
 * no state. What speaks of a container has its ID as URIs have it.
 */
export type ContainersNode =
  | ContainerStoreNode
  | ContainerEngineNode
  | ProjectNode
  | AnyContainerNode
  | DamagedContainerNode
  | ContainerChangesNode
  | ContainerChangeNode
  | ContainerFilesNode
  | ContainerFileNode
  | ContainersMoreNode
  | ContainersNoteNode;

/** A container, whoever keeps it. */
export type AnyContainerNode = StoredContainerNode | ContainerNode;

/** What speaks of a container. */
export type OfContainerNode =
  AnyContainerNode | ContainerChangesNode | ContainerChangeNode | ContainerFilesNode | ContainerFileNode;

interface OfContainer {
  readonly containerId: string;
  readonly containerName: string;
}

/** The containers of Lamina's own store. */
export interface ContainerStoreNode {
  readonly kind: 'containerStore';
  readonly id: string;
  readonly parent: undefined;
}

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

export interface StoredContainerNode extends OfContainer {
  readonly kind: 'storedContainer';
  readonly id: string;
  readonly parent: ContainerStoreNode;
  readonly config: ContainerConfig;
}

/** A container of an engine. */
export interface ContainerNode extends OfContainer {
  readonly kind: 'container';
  readonly id: string;
  readonly parent: ContainerEngineNode | ProjectNode;
  readonly engine: KnownEngine;
  /** As it was when the node was made; {@link containerNow} tells how it is. */
  readonly container: EngineContainer;
  /** What *Reveal in Images View* shows. */
  readonly imageId: string;
}

/** A container of the store that cannot be read, so that its name is not known. */
export interface DamagedContainerNode {
  readonly kind: 'damagedContainer';
  readonly id: string;
  readonly parent: ContainerStoreNode;
  readonly damagedId: string;
  readonly failure: EngineError;
}

/** What a container changed. */
export interface ContainerChangesNode extends OfContainer {
  readonly kind: 'containerChanges';
  readonly id: string;
  readonly parent: AnyContainerNode;
}

/** One path that a container changed; of a folder, what changed in it is below. */
export interface ContainerChangeNode extends OfContainer {
  readonly kind: 'containerChange';
  readonly id: string;
  readonly parent: ContainerChangesNode | ContainerChangeNode;
  readonly path: LayerPath;
  readonly change: ContainerFileChange;
}

/** The root of what a container sees. */
export interface ContainerFilesNode extends OfContainer {
  readonly kind: 'containerFiles';
  readonly id: string;
  readonly parent: AnyContainerNode;
  readonly path: LayerPath;
}

/** One path of what a container sees. */
export interface ContainerFileNode extends OfContainer {
  readonly kind: 'containerFile';
  readonly id: string;
  readonly parent: ContainerFilesNode | ContainerFileNode;
  readonly path: LayerPath;
  readonly file: ContainerFile;
}

/** Stands for the children of `parent` that are not shown yet. */
export interface ContainersMoreNode {
  readonly kind: 'moreOfContainers';
  readonly id: string;
  readonly parent: ContainersNode;
  readonly hidden: number;
}

/** A sentence in place of children. */
export interface ContainersNoteNode {
  readonly kind: 'containersNote';
  readonly id: string;
  readonly parent: ContainersNode;
  readonly text: string;
  /** What the sentence is about failed. */
  readonly isFailure?: true;
  /** What the sentence offers to do. */
  readonly command?: `lamina.${string}`;
}

const kinds: ReadonlySet<unknown> = new Set<ContainersNode['kind']>([
  'containerStore',
  'containerEngine',
  'project',
  'storedContainer',
  'container',
  'damagedContainer',
  'containerChanges',
  'containerChange',
  'containerFiles',
  'containerFile',
  'moreOfContainers',
  'containersNote',
]);

/** Whether a command's argument is a node of the view *Containers*. */
export function isContainersNode(value: unknown): value is ContainersNode {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'id' in value && kinds.has(value.kind)
  );
}

/** Whether a node speaks of one container. */
export function isOfContainer(node: ContainersNode): node is OfContainerNode {
  return 'containerId' in node;
}

/** The nodes a command is for: all that are selected, or the one it was called on. */
export function containersNodesOf([first, selected]: readonly unknown[]): readonly ContainersNode[] {
  const nodes = Array.isArray(selected) ? selected.filter(isContainersNode) : [];
  if (nodes.length > 0) return nodes;
  return isContainersNode(first) ? [first] : [];
}

/** The path a node speaks of. */
export function pathOfNode(node: ContainersNode): LayerPath | undefined {
  return 'path' in node ? node.path : undefined;
}

export function containerStoreNode(): ContainerStoreNode {
  return { kind: 'containerStore', id: 'store:', parent: undefined };
}

export function containerEngineNode(engine: KnownEngine): ContainerEngineNode {
  return { kind: 'containerEngine', id: engine.location, parent: undefined, engine };
}

export function storedContainerNode(config: ContainerConfig): StoredContainerNode {
  const parent = containerStoreNode();
  const { id, name } = config;
  return {
    kind: 'storedContainer',
    id: `${parent.id}#${id}`,
    parent,
    config,
    containerId: id,
    containerName: name,
  };
}

export function containerNode(
  parent: ContainerEngineNode | ProjectNode,
  container: EngineContainer,
): ContainerNode {
  const { engine } = parent;
  const imageId = engine.lists.imageOfContainer(container)?.id ?? container.imageId;
  return {
    kind: 'container',
    id: `${parent.id}#${container.id}`,
    parent,
    engine,
    container,
    imageId,
    containerId: container.id,
    containerName: containerName(container),
  };
}

export function containerChangesNode(parent: AnyContainerNode): ContainerChangesNode {
  return { kind: 'containerChanges', id: `${parent.id}/changes`, parent, ...containerOf(parent) };
}

/** @param change of a path directly below the parent's, or further down where nothing between is listed. */
export function containerChangeNode(
  parent: ContainerChangesNode | ContainerChangeNode,
  change: ContainerFileChange,
): ContainerChangeNode {
  const { path } = change;
  const id = `${parent.id}/${toText(namesBelow(pathOfNode(parent), path))}`;
  return { kind: 'containerChange', id, parent, path, change, ...containerOf(parent) };
}

export function containerFilesNode(parent: AnyContainerNode): ContainerFilesNode {
  return { kind: 'containerFiles', id: `${parent.id}/files`, parent, path: rootPath, ...containerOf(parent) };
}

export function containerFileNode(
  parent: ContainerFilesNode | ContainerFileNode,
  file: ContainerFile,
): ContainerFileNode {
  const id = `${parent.id}/${toText(file.name)}`;
  // A folder may be shown below a link to it: there its path is that of the link.
  const path = joinPath(parent.path, file.name);
  return { kind: 'containerFile', id, parent, path, file, ...containerOf(parent) };
}

/** What leads from a folder, or the root, to what is somewhere below it: `nginx/html`. */
export function namesBelow(folder: LayerPath | undefined, path: LayerPath): ByteName {
  const start = folder === undefined || folder === rootPath ? 1 : folder.length + 1;
  return byteName(path.slice(start));
}

/** As the engine tells it now: an event draws the line again, and VS Code does so with the node it has. */
export function containerNow({ engine, container }: ContainerNode): EngineContainer {
  return engine.lists.container(container.id) ?? container;
}

export function containerName({ names, id }: Pick<EngineContainer, 'names' | 'id'>): string {
  return names[0] ?? id.slice(0, 12);
}

export function isAlive({ state }: Pick<EngineContainer, 'state'>): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

function containerOf({ containerId, containerName }: OfContainer): OfContainer {
  return { containerId, containerName };
}
