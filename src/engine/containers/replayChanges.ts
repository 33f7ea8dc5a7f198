import { throwIfAborted } from '../base/abort.ts';
import { baseName, type LayerPath, parentPath, rootPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { UpperLayer } from '../snapshots/upperLayer.ts';
import { comparePaths } from '../rootfs/comparePaths.ts';
import { addedFiles } from './addedFiles.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFile, ContainerFileChange } from './containerFiles.ts';
import type { ContainerMounts } from './containerMounts.ts';
import { copyIn } from './copyIn.ts';
import type { StoreContainerFiles } from './storeContainers.ts';

export interface ReplayRequest {
  readonly changes: readonly ContainerFileChange[];
  readonly archive: ArchiveEndpoint;
  readonly mounts: ContainerMounts;
  readonly target: StoreContainerFiles;
}

/**
 * Does in a container of the store what was done in one of an engine: what went goes, what came comes, and what was
 * changed becomes as it is there. Times of folders come last, as all else changes them.
 */
export async function replayChanges(request: ReplayRequest, options: CallOptions = {}): Promise<void> {
  const { changes, target } = request;
  const removed = changes.filter((change) => change.kind === 'removed' || isRemade(change));
  await target.change((upper) => {
    for (const { path } of removed) if (upper.view.lookup(path) !== undefined) upper.removeAll(path);
  });
  for (const change of changes) {
    throwIfAborted(options.signal, toText(change.path));
    if (change.kind === 'modified' && !isRemade(change)) await modify(request, change, options);
  }
  const added = changes.filter((change) => change.kind === 'added' || isRemade(change));
  const files = new Map(
    added.flatMap(({ path, after }) => (after === undefined ? [] : [[path, after] as const])),
  );
  for (const top of topsOf(files)) await add(request, top, files, options);
  await setTimes(target, changes);
}

/** It has become another kind of thing: the one goes and the other comes. */
function isRemade({ kind, before, after }: ContainerFileChange): boolean {
  return kind === 'modified' && before !== undefined && after !== undefined && before.type !== after.type;
}

/** What is not in an added folder itself. */
function topsOf(files: ReadonlyMap<LayerPath, ContainerFile>): readonly ContainerFile[] {
  return [...files.values()].filter(({ path }) => !files.has(parentPath(path)));
}

async function modify(
  { archive, target }: ReplayRequest,
  { path, after, differs }: ContainerFileChange,
  options: CallOptions,
): Promise<void> {
  if (after === undefined || path === rootPath) return;
  const isNew = differs.includes('content') && after.type === 'file';
  const content = isNew ? await target.write(archive.read(path, undefined, options), options) : undefined;
  try {
    await target.change((upper) => {
      if (content !== undefined) upper.writeFile(path, content);
      else if (differs.includes('content')) remake(upper, after);
      setAttributes(upper, after);
    });
  } catch (error) {
    if (content !== undefined) await target.discard(content);
    throw error;
  }
}

/** A link that leads elsewhere, or another device. */
function remake(upper: UpperLayer, { path, type, linkTarget, device, mode, uid, gid }: ContainerFile): void {
  upper.unlink(path);
  if (type === 'symlink') upper.symlink(path, linkTarget ?? baseName(path), { uid, gid });
  else if (type === 'fifo') upper.makeNode(path, { type }, { mode, uid, gid });
  else if (type === 'char' || type === 'block') upper.makeNode(path, { type, device }, { mode, uid, gid });
}

/** The owner first, since that takes bits from the mode. */
function setAttributes(upper: UpperLayer, { path, type, mode, uid, gid, mtime }: ContainerFile): void {
  const there = upper.view.lookup(path);
  if (there === undefined) return;
  if (there.uid !== uid || there.gid !== gid) upper.chown(path, uid, gid, 'keep');
  if (type !== 'symlink' && upper.view.lookup(path)?.mode !== mode) upper.chmod(path, mode);
  if (mtime !== undefined && there.mtime !== mtime && type !== 'dir') upper.utimes(path, mtime, 'keep');
}

async function add(
  { archive, mounts, target }: ReplayRequest,
  top: ContainerFile,
  files: ReadonlyMap<LayerPath, ContainerFile>,
  options: CallOptions,
): Promise<void> {
  const directory = parentPath(top.path);
  const incoming = addedFiles({ archive, mounts, top, files }, options);
  await copyIn({ target, directory, files: incoming, owner: 'kept' }, options);
}

async function setTimes(target: StoreContainerFiles, changes: readonly ContainerFileChange[]): Promise<void> {
  const folders = changes.filter(({ kind, after }) => kind === 'modified' && after?.type === 'dir');
  await target.change((upper) => {
    for (const { path, after } of [...folders].sort((one, other) => comparePaths(other.path, one.path)))
      if (after?.mtime !== undefined && upper.view.lookup(path)?.type === 'dir')
        upper.utimes(path, after.mtime);
  });
}
