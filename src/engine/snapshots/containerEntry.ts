import type { ByteName, LayerPath } from '../base/layerPath.ts';
import type { EntryType } from '../layers/layerIndex.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { CopyOrigin, Inode, InodeId, Piece } from './inode.ts';
import { lengthOf } from './pieces.ts';

/** One path of a container's file system. */
export interface ContainerEntry {
  readonly path: LayerPath;
  readonly name: ByteName;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Decimal seconds; undefined for a directory that no layer lists. */
  readonly mtime?: string;
  readonly linkTarget?: ByteName;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteName, ByteName>;
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
  const { path, name, type, mode, uid, gid, size, mtime, linkTarget, device, xattrs } = entry;
  return {
    path,
    name,
    type,
    mode,
    uid,
    gid,
    size,
    ...(mtime !== undefined && { mtime }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
    origin: { in: 'image', entry },
  };
}

export function fromUpper(path: LayerPath, name: ByteName, id: InodeId, inode: Inode): ContainerEntry {
  const { content, copiedFrom, ...rest } = inode;
  const origin = { in: 'container', inode: id, content, ...(copiedFrom && { copiedFrom }) } as const;
  return { path, name, ...rest, size: lengthOf(content), origin };
}
