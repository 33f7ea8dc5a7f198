import { EngineError } from '../base/errors.ts';
import { joinPath, type LayerPath, parentPath, rootPath, splitPath } from '../base/layerPath.ts';
import type { MergedDirectory, MergedEntry } from '../rootfs/mergedEntry.ts';
import type { ContainerView } from './containerView.ts';
import type { Edit } from './edit.ts';
import { copiedUp, type Inode, type InodeId, rootInode } from './inode.ts';

/**
 * What makes a path again what the image has there: the writable layer forgets it. What the image has comes back, in
 * folders that were removed or hidden too, of which nothing else comes back; what is only the container's goes. Folders
 * on the way that are then as in the image are forgotten with it. The edits must be done as they are given. With `/`,
 * everything is reverted.
 *
 * @param newInode makes an inode of the writable layer.
 * @throws EngineError `not-a-directory` when the container has something else where a folder of the image was.
 */
export function* revertEdits(
  view: ContainerView,
  wanted: LayerPath,
  newInode: (inode: Inode) => InodeId,
): Iterable<Edit> {
  const path = realPath(view, wanted);
  if (path === rootPath) {
    for (const name of [...view.upper.root.children.keys()])
      yield { do: 'forget', path: joinPath(path, name) };
    yield* asInImage(view);
    return;
  }
  if (view.image.at(path) !== undefined)
    for (const folder of foldersTo(path)) yield* opened(view, folder, newInode);
  if (view.upper.at(path) === undefined) return;
  yield { do: 'forget', path };
  for (const folder of [...foldersTo(path)].reverse()) {
    if (!isAsInImage(view, folder)) return;
    yield { do: 'forget', path: folder };
  }
}

/** Links in its folders followed, as far as the container has them. */
function realPath(view: ContainerView, path: LayerPath): LayerPath {
  const names = splitPath(path);
  const found = view.follow(names.slice(0, -1), 'follow');
  const last = names.at(-1);
  if (found === undefined || found === 'loop' || last === undefined) return path;
  return joinPath(`/${found.names.join('/')}` as LayerPath, last);
}

/** The folders a path is in, uppermost first, without the root. */
function* foldersTo(path: LayerPath): Iterable<LayerPath> {
  let at = rootPath;
  for (const name of splitPath(parentPath(path))) yield (at = joinPath(at, name));
}

/** Lets show through in a folder what the image has there, and hides each name of it instead. */
function* opened(
  view: ContainerView,
  folder: LayerPath,
  newInode: (inode: Inode) => InodeId,
): Iterable<Edit> {
  const lower = view.image.at(folder);
  const upper = view.upper.at(folder);
  if (lower?.kind !== 'directory' || upper === undefined) return;
  if (upper.kind === 'leaf')
    throw new EngineError('not-a-directory', folder, 'the container has something else here');
  if (upper.kind === 'directory' && !upper.isOpaque) return;
  const id = upper.kind === 'directory' ? upper.inode : newInode(copiedUp(view.image.toEntry(lower, folder)));
  yield { do: 'directory', path: folder, id, isOpaque: false };
  for (const child of childrenOf(view, lower)) yield* hidden(view, child, joinPath(folder, child.name));
}

/** A name that showed nothing of the image goes on showing nothing of it. */
function* hidden(view: ContainerView, child: MergedEntry, path: LayerPath): Iterable<Edit> {
  const own = view.upper.at(path);
  if (own === undefined) yield { do: 'whiteout', path };
  else if (own.kind === 'directory' && child.kind === 'directory')
    yield { do: 'directory', path, id: own.inode, isOpaque: true };
}

function childrenOf(view: ContainerView, directory: MergedDirectory): readonly MergedEntry[] {
  return [...view.image.merger.children(directory)];
}

/** Whether the writable layer has a folder for nothing but what is in it no more. */
function isAsInImage(view: ContainerView, folder: LayerPath): boolean {
  const upper = view.upper.at(folder);
  const lower = view.image.at(folder);
  if (upper?.kind !== 'directory' || upper.isOpaque || upper.children.size > 0) return false;
  const own = view.upper.inode(upper.inode);
  if (lower === undefined || own === undefined) return false;
  return asText(own) === asText(copiedUp(view.image.toEntry(lower, folder)));
}

/** All of a folder but the time, which only tells that something in it changed. */
function asText({ type, mode, uid, gid, xattrs }: Inode): string {
  return JSON.stringify([type, mode, uid, gid, [...(xattrs ?? [])]]);
}

/** The root cannot be forgotten; it becomes what it was. */
function* asInImage({ upper, image }: ContainerView): Iterable<Edit> {
  if (upper.inode(rootInode) === undefined) return;
  yield { do: 'inode', id: rootInode, inode: copiedUp(image.toEntry(image.root, rootPath)) };
}
