import { joinPath, type LayerPath, rootPath, splitPath } from '../../engine/index.ts';
import type {
  AnyContainerNode,
  ContainerFileNode,
  ContainerFilesNode,
  ContainersNode,
} from '../containerNodes.ts';
import { containerFilesNode } from '../containerNodes.ts';
import type { TreeChildren } from './treeChildren.ts';

// The way from what a node stands for to the node, without unfolding anything.

/** The line of a container, as far as it is shown. */
export async function nodeOfContainer(
  children: TreeChildren,
  id: string,
): Promise<AnyContainerNode | undefined> {
  const isWanted = (node: ContainersNode): node is AnyContainerNode =>
    (node.kind === 'storedContainer' || node.kind === 'container') && node.containerId === id;
  for (const top of await children.of(undefined)) {
    for (const child of await children.of(top).catch(() => [])) {
      const found = child.kind === 'project' ? await children.of(child) : [child];
      const node = found.find(isWanted);
      if (node !== undefined) return node;
    }
  }
  return undefined;
}

/** The line of a path among a container's files; where it is too far down to be shown, that of its folder. */
export async function nodeOfFile(
  children: TreeChildren,
  id: string,
  path: LayerPath,
): Promise<ContainersNode | undefined> {
  const container = await nodeOfContainer(children, id);
  if (container === undefined) return undefined;
  let node: ContainerFilesNode | ContainerFileNode = containerFilesNode(container);
  let reached = rootPath;
  for (const name of splitPath(path)) {
    reached = joinPath(reached, name);
    const child: ContainerFileNode | undefined = await children.fileAt(node, reached);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}
