import { type EngineError, isEngineError } from '../base/errors.ts';
import { type LayerPath, rootPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFileChange } from './containerFiles.ts';
import type { RevertFailure } from './engineContainerFiles.ts';
import type { ContainerNews } from './containerNews.ts';
import type { FileTree } from './fileTree.ts';
import { entriesTar, type NamedEntry, namedBelow } from './treeTar.ts';

export interface RevertParts {
  readonly archive: Pick<ArchiveEndpoint, 'put'>;
  /** The container's image. */
  readonly base: FileTree;
  readonly news: Pick<ContainerNews, 'ownCopy' | 'tell'>;
  readonly remove: (path: LayerPath) => Promise<void>;
}

/**
 * Makes paths of an engine's container, and all below them, what its image has there. What the image has is unpacked over
 * what is there, with mode, owner and time, in any state of the container. What it does not have is removed one by one,
 * as far as something in the container can do that.
 *
 * @param changes all that the container changed.
 * @returns what could not be removed.
 */
export async function revertPaths(
  { archive, base, news, remove }: RevertParts,
  changes: readonly ContainerFileChange[],
  paths: readonly LayerPath[],
  options?: CallOptions,
): Promise<readonly RevertFailure[]> {
  const wanted = changes.filter(({ path }) => paths.some((each) => isWithin(each, path)));
  const before = wanted.flatMap((change) => [...entriesOf(base, change)]);
  if (before.length > 0) {
    news.ownCopy();
    await archive.put(rootPath, entriesTar(base, before, options), options);
    news.tell({ kind: 'changed', path: rootPath });
  }
  const added = wanted.filter(({ kind }) => kind === 'added').map(({ path }) => path);
  const failures: RevertFailure[] = [];
  for (const path of topmost(added)) {
    const failure = await failureOf(() => remove(path));
    if (failure !== undefined) failures.push({ path, failure });
  }
  return failures;
}

/** What of the image is to be written again: all of what is gone, and of a folder that is there only itself. */
function* entriesOf({ view, read }: FileTree, change: ContainerFileChange): Iterable<NamedEntry> {
  const { path, kind, differs } = change;
  const entry = kind === 'added' ? undefined : view.lookup(path);
  if (entry === undefined) return;
  const name = path.slice(1);
  const isWhole = kind === 'removed' || differs.includes('type');
  if (isWhole) yield* namedBelow({ view, read }, entry, name);
  else if (entry.type !== 'dir') yield [entry, name];
  else if (differs.length > 0) yield [entry, `${name}/`];
}

/** Those that are in none of the others. In their order all that is in a folder comes right after it. */
function topmost(paths: readonly LayerPath[]): readonly LayerPath[] {
  const found: LayerPath[] = [];
  for (const path of paths) {
    const last = found.at(-1);
    if (last === undefined || !isWithin(last, path)) found.push(path);
  }
  return found;
}

function isWithin(folder: LayerPath, path: LayerPath): boolean {
  return folder === rootPath || path === folder || path.startsWith(`${folder}/`);
}

/** What is gone already, as with a folder that became a file again, is as it is to be. */
async function failureOf(work: () => Promise<void>): Promise<EngineError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    if (!isEngineError(error) || error.code === 'cancelled') throw error;
    return error;
  }
}
