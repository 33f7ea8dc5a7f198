import type { LayerPath } from '../base/layerPath.ts';
import type { FileAttributes, RootfsEntry } from '../rootfs/rootfs.ts';

/** A file of the writable layer, whatever its names; a number that is never given twice. */
export type InodeId = number;

export const rootInode: InodeId = 0;

/** What a file of the writable layer is. */
export interface Inode extends FileAttributes {
  /** A file's bytes, piece after piece; empty for the rest. */
  readonly content: readonly Piece[];
  /** Set when the file was in the image before it was changed. */
  readonly copiedFrom?: CopyOrigin;
}

/** Which file of the image was copied up. */
export interface CopyOrigin {
  readonly path: LayerPath;
  /** The layer that the file came from, lowest 0. */
  readonly layer: number;
}

/**
 * Some of a file's bytes. Nothing is ever overwritten: a write makes a new piece, so that a change is there whole or not
 * at all, and changing a byte of a large file copies that byte.
 */
export type Piece =
  | { readonly from: 'image'; readonly path: LayerPath; readonly offset: number; readonly length: number }
  | OwnPiece
  | { readonly from: 'zeros'; readonly length: number };

/** Bytes that were written to the container, in a file of its own under a random name. */
export interface OwnPiece {
  readonly from: 'own';
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** A file of the image as it is after its copy-up: attributes kept, content still the image's. */
export function copiedUp(entry: RootfsEntry): Inode {
  const { type, path, size, contentLayer } = entry;
  return {
    ...attributesOf(entry),
    content: type === 'file' && size > 0 ? [{ from: 'image', path, offset: 0, length: size }] : [],
    copiedFrom: { path, layer: contentLayer },
  };
}

/** The attributes alone, of whatever else an entry says. */
export function attributesOf(entry: FileAttributes): FileAttributes {
  const { type, mode, uid, gid, mtime, linkTarget, device, xattrs } = entry;
  return {
    type,
    mode,
    uid,
    gid,
    ...(mtime !== undefined && { mtime }),
    ...(linkTarget !== undefined && { linkTarget }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
  };
}
