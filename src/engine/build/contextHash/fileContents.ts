import { Pacer } from '../../base/abort.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { ArchiveMember, SelectedFile } from '../cache/contextView.ts';
import type { ContentSelection } from '../cache/vertex.ts';
import { archiveMembers } from './archiveMembers.ts';
import type { BuildContext } from './buildContext.ts';
import type { ContextFile } from './contextFile.ts';
import { bytesDigestOf, type OnBlock } from './hashFile.ts';
import { type FoundFile, selectedFiles } from './selectedFiles.ts';

/** SHA-256 of the bytes of files that were asked for. */
const hashes = new WeakMap<ContextFile, string>();

/** What a selection reads, with the hashes of its files. */
export async function withHashes(
  context: BuildContext,
  { sources }: ContentSelection,
  options: CallOptions,
): Promise<readonly SelectedFile[]> {
  const onBlock = breathing(context, options);
  const files: SelectedFile[] = [];
  for (const found of selectedFiles(context.root, sources))
    files.push(await withHash(context, found, onBlock));
  return files;
}

async function withHash(
  context: BuildContext,
  { selected, path, node }: FoundFile,
  onBlock: OnBlock,
): Promise<SelectedFile> {
  if (selected.type !== 'file' || node.kind !== 'file') return selected;
  const sha256 = hashes.get(node) ?? (await bytesDigestOf(context.onDisk(path), onBlock));
  if (sha256 === undefined) return selected;
  hashes.set(node, sha256);
  return { ...selected, sha256 };
}

/** Archives that were read; a file that is written to becomes another one. */
const archives = new WeakMap<ContextFile, readonly ArchiveMember[]>();

/** What is in a file that is an archive. */
export async function membersOf(
  context: BuildContext,
  found: FoundFile | undefined,
  options: CallOptions,
): Promise<readonly ArchiveMember[] | undefined> {
  if (found?.selected.type !== 'file' || found.node.kind !== 'file') return undefined;
  const { node, path } = found;
  const members =
    archives.get(node) ?? (await archiveMembers(context.onDisk(path), breathing(context, options)));
  if (members !== undefined) archives.set(node, members);
  return members;
}

/** Lets others have the thread between blocks, and tells how far the reading is. */
export function breathing(context: BuildContext, { signal, onProgress }: CallOptions): OnBlock {
  const subject = context.directory.toString();
  let done = 0;
  const pacer = new Pacer(signal, subject, () => onProgress?.({ subject, done }));
  return (bytes) => {
    done += bytes;
    return pacer.breathe();
  };
}
