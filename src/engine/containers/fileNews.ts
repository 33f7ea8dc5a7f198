import { joinPath, type LayerPath, parentPath, rootPath } from '../base/layerPath.ts';
import type { ContainerStep } from '../snapshots/container.ts';
import type { ContainerNode, ContainerView } from '../snapshots/containerView.ts';
import type { Edit } from '../snapshots/edit.ts';
import { attributesOf, type Inode, type InodeId } from '../snapshots/inode.ts';
import type { UpperDirectory, UpperNode, UpperState } from '../snapshots/upperState.ts';
import type { FileNews } from './containerFiles.ts';

/**
 * What a step did to files, as those see it who look at paths: of each path what it was before and what it is now, and
 * not how that came about. Sorted by bytes. Costs what the step touched; at most what the writable layer holds.
 */
export function newsOf({ before, after, edits }: ContainerStep): readonly FileNews[] {
  const touched =
    edits === undefined ? new Set(differingPaths(before, after)) : touchedPaths(after.upper, edits);
  const news = [...touched].sort().flatMap((path) => newsAt(before, after, path));
  const whole = new Set(news.filter(({ kind }) => kind !== 'changed').map(({ path }) => path));
  return news.filter(({ path }) => !isBelow(path, whole));
}

/** Whether a folder on the way is told of already. */
function isBelow(path: LayerPath, whole: ReadonlySet<LayerPath>): boolean {
  for (let at = path; at !== rootPath;) {
    at = parentPath(at);
    if (whole.has(at)) return true;
  }
  return false;
}

function newsAt(before: ContainerView, after: ContainerView, path: LayerPath): readonly FileNews[] {
  const [was, is] = [before.at(path), after.at(path)];
  if (was === undefined) return is === undefined ? [] : [{ kind: 'created', path }];
  if (is === undefined) return [{ kind: 'deleted', path }];
  if (isOtherFolder(was, is))
    return [
      { kind: 'deleted', path },
      { kind: 'created', path },
    ];
  return isSame(before.inodeAt(was, path), after.inodeAt(is, path)) ? [] : [{ kind: 'changed', path }];
}

/** Where a folder is replaced, all that was in it is gone, and all that is in it is new. */
function isOtherFolder(was: ContainerNode, is: ContainerNode): boolean {
  if (was.kind !== is.kind) return true;
  if (was.kind === 'leaf' || is.kind === 'leaf') return false;
  if (was.upper !== undefined && is.upper !== undefined) return was.upper.inode !== is.upper.inode;
  return (was.lower === undefined) !== (is.lower === undefined);
}

/** Of a folder, the time says nothing but that something in it changed, which is told of by itself. */
function isSame(was: Inode, is: Inode): boolean {
  return asTold(was) === asTold(is);
}

function asTold({ content, ...inode }: Inode): string {
  const { mtime, xattrs, ...rest } = attributesOf(inode);
  const seen = { ...rest, ...(rest.type !== 'dir' && { mtime }), xattrs: [...(xattrs ?? [])], content };
  return JSON.stringify(seen);
}

function touchedPaths(upper: UpperState, edits: readonly Edit[]): ReadonlySet<LayerPath> {
  const paths = new Set<LayerPath>();
  const inodes = new Set<InodeId>();
  for (const edit of edits)
    if (edit.do === 'inode') inodes.add(edit.id);
    else if (edit.do === 'move') paths.add(edit.from).add(edit.to);
    else paths.add(edit.path);
  for (const path of upper.pathsOf(inodes)) paths.add(path);
  return paths;
}

/** Where two states have something else; what only became like it is among them. */
function* differingPaths(before: ContainerView, after: ContainerView): Iterable<LayerPath> {
  yield rootPath;
  const open: Pair[] = [{ path: rootPath, was: before.upper.root, is: after.upper.root }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [was, is] = [childrenOf(pair.was), childrenOf(pair.is)];
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      const own = { path: joinPath(pair.path, name), was: was.get(name), is: is.get(name) };
      if (own.was === own.is) continue;
      if (!isSameNode(before.upper, after.upper, own)) yield own.path;
      if (isOpaque(own.was) !== isOpaque(own.is)) yield* namesBelow(after, own.path);
      if (own.was?.kind === 'directory' || own.is?.kind === 'directory') open.push(own);
    }
  }
}

function isOpaque(node: UpperNode | undefined): boolean {
  return node?.kind === 'directory' && node.isOpaque;
}

/** What the image has in a folder that hides or hid it. */
function* namesBelow({ image }: ContainerView, path: LayerPath): Iterable<LayerPath> {
  const folder = image.at(path);
  if (folder?.kind !== 'directory') return;
  for (const { name } of image.merger.children(folder)) yield joinPath(path, name);
}

/** What two states have at one path. */
interface Pair {
  readonly path: LayerPath;
  readonly was: UpperNode | undefined;
  readonly is: UpperNode | undefined;
}

function childrenOf(node: UpperNode | undefined): UpperDirectory['children'] {
  return node?.kind === 'directory' ? node.children : new Map();
}

function isSameNode(before: UpperState, after: UpperState, { was, is }: Pair): boolean {
  if (was === undefined || was.kind !== is?.kind) return false;
  if (was.kind === 'whiteout' || is.kind === 'whiteout') return true;
  const [old, now] = [before.inode(was.inode), after.inode(is.inode)];
  if (old === undefined || now === undefined || was.inode !== is.inode) return false;
  return old.mtime === now.mtime && isSame(old, now);
}
