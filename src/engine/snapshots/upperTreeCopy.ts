import { joinPath, type LayerPath } from '../base/layerPath.ts';
import type { ContainerNode, ContainerView } from './containerView.ts';
import type { Edit } from './edit.ts';
import { copiedUp, type Inode, type InodeId } from './inode.ts';

/**
 * A folder as the container sees it, under another name in the writable layer, as `mv` copies it across file systems:
 * attributes and hard links among its files are kept, files' bytes stay where they are.
 */
export class UpperTreeCopy {
  readonly #view: ContainerView;
  readonly #newInode: (inode: Inode) => InodeId;
  /** Copies of the image's files, by inode there. */
  readonly #copied = new Map<string, InodeId>();

  constructor(view: ContainerView, newInode: (inode: Inode) => InodeId) {
    this.#view = view;
    this.#newInode = newInode;
  }

  /** Folders before what is in them. */
  *edits(tree: ContainerNode, from: LayerPath, to: LayerPath): Iterable<Edit> {
    const open = [{ node: tree, from, to }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, from: path, to: copy } = next;
      const id = this.#inodeOf(node, path);
      if (node.kind === 'leaf') {
        yield { do: 'name', path: copy, id };
        continue;
      }
      yield { do: 'directory', path: copy, id, isOpaque: false };
      for (const child of this.#view.children(node).toReversed())
        open.push({ node: child, from: joinPath(path, child.name), to: joinPath(copy, child.name) });
    }
  }

  #inodeOf(node: ContainerNode, path: LayerPath): InodeId {
    if (node.kind === 'leaf') return node.upper?.inode ?? this.#copyOf(node, path);
    // The folder itself goes on under its old name until that is erased, so it cannot have the same inode twice.
    const own = node.upper && this.#view.upper.inode(node.upper.inode);
    return this.#newInode(own ?? this.#fromImage(node, path));
  }

  #copyOf(node: ContainerNode, path: LayerPath): InodeId {
    const content = node.kind === 'leaf' ? node.lower?.content : undefined;
    if (content === undefined) return this.#newInode(this.#fromImage(node, path));
    const { layer, node: number } = content;
    const key = `${layer} ${this.#view.image.layers[layer]?.inode(number) ?? number}`;
    const known = this.#copied.get(key);
    if (known !== undefined) return known;
    const id = this.#newInode(this.#fromImage(node, path));
    this.#copied.set(key, id);
    return id;
  }

  #fromImage({ lower }: ContainerNode, path: LayerPath): Inode {
    return copiedUp(this.#view.image.toEntry(lower ?? this.#view.image.root, path));
  }
}
