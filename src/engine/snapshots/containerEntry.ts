import type { ByteName, LayerPath } from '../base/layerPath.ts';
import type { FileAttributes, RootfsEntry } from '../rootfs/rootfs.ts';
import { attributesOf, type CopyOrigin, type Inode, type InodeId, type Piece } from './inode.ts';
import { lengthOf } from './pieces.ts';

/** One path of a container's file system. */
export interface ContainerEntry extends FileAttributes {
  readonly path: LayerPath;
  readonly name: ByteName;
  readonly size: number;
  readonly origin: EntryOrigin;
}

/** Where an entry is: in the image, or in the container's writable layer, copied up from the image or made there. */
export type EntryOrigin =
  | { readonly in: 'image'; readonly entry: RootfsEntry }
  | {
      readonly in: 'container';
      /** Names with the same one are hard links of one another. */
      readonly inode: InodeId;
      readonly content: readonly Piece[];
      readonly copiedFrom?: CopyOrigin;
    };

export function fromImage(entry: RootfsEntry): ContainerEntry {
  const { path, name, size } = entry;
  return { path, name, size, ...attributesOf(entry), origin: { in: 'image', entry } };
}

export function fromUpper(path: LayerPath, name: ByteName, id: InodeId, inode: Inode): ContainerEntry {
  const { content, copiedFrom, ...rest } = inode;
  const origin = { in: 'container', inode: id, content, ...(copiedFrom && { copiedFrom }) } as const;
  return { path, name, ...rest, size: lengthOf(content), origin };
}
