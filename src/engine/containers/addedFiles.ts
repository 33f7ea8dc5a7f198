import { baseName, type LayerPath, parentPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { attributesOf } from '../snapshots/inode.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFile } from './containerFiles.ts';
import type { ContainerMounts } from './containerMounts.ts';
import type { IncomingFile } from './incomingFile.ts';

export interface AddedFilesRequest {
  readonly archive: ArchiveEndpoint;
  readonly mounts: ContainerMounts;
  /** A file or folder that the image does not have. */
  readonly top: ContainerFile;
  /** All that was added; what else is there lies in mounts. */
  readonly files: ReadonlyMap<LayerPath, ContainerFile>;
}

/**
 * What was added at a path with all that is below it, as it comes in one tar, hard links told; names are relative to the
 * folder it is in. Sockets are in no tar, as in no layer.
 */
export async function* addedFiles(
  { archive, mounts, top, files }: AddedFilesRequest,
  options?: CallOptions,
): AsyncGenerator<IncomingFile> {
  const nameIn = ({ path }: Pick<ContainerFile, 'path'>): string =>
    path.slice(parentPath(top.path) === '/' ? 1 : parentPath(top.path).length + 1);
  // What lies over it is not the container's.
  if (mounts.groundOf(top.path) !== 'image') {
    if (top.type === 'dir') yield { ...attributesOf(top), name: baseName(top.path), size: 0 };
    return;
  }
  let hasCome = false;
  // Of a link the file is told already, and Podman would send what it leads to.
  const isSent = top.type === 'dir' || top.type === 'file';
  for await (const { file, content, linkTo } of isSent ? archive.entries(top.path, options) : []) {
    hasCome = true;
    const known = files.get(file.path);
    if (known === undefined || mounts.groundOf(parentPath(file.path)) !== 'image') continue;
    const isLinked = linkTo !== undefined && files.has(linkTo);
    // The tar has contents and hard links; attributes were told whole before, and Podman's tars have no owners.
    yield {
      ...attributesOf(known),
      name: nameIn(file),
      size: file.size,
      ...(isLinked && { hardlinkTo: nameIn({ path: linkTo }) }),
      ...(file.type === 'file' && !isLinked && { content }),
    };
  }
  if (hasCome) return;
  // Engines that give nothing by a name that is not UTF-8 give it by its folder's.
  for (const file of files.values())
    if (file.path === top.path || file.path.startsWith(`${top.path}/`))
      yield {
        ...attributesOf(file),
        name: nameIn(file),
        size: file.size,
        ...(file.type === 'file' && { content: archive.read(file.path, undefined, options) }),
      };
}
