import {
  joinPath,
  type LayerPath,
  parentPath,
  rootPath,
  splitPath,
  type ViewChange,
} from '../engine/index.ts';

/** One line of `docker diff`. */
export interface DiffLine {
  readonly letter: 'A' | 'C' | 'D';
  readonly path: LayerPath;
}

/**
 * Changes as `docker diff` lists them: a folder that holds a change is changed too, one whose time alone differs is not,
 * and what is below a removed one is not told again.
 *
 * @param changes depth first.
 */
export async function* diffLines(changes: AsyncIterable<ViewChange>): AsyncGenerator<DiffLine> {
  const told = new Set<LayerPath>([rootPath]);
  let removed: LayerPath | undefined;
  for await (const change of changes) {
    const { path, kind } = change;
    if (removed !== undefined && path.startsWith(`${removed}/`)) continue;
    if (!isTold(change)) continue;
    removed = kind === 'removed' ? path : undefined;
    for (const folder of foldersAbove(path)) {
      if (!told.has(folder)) yield { letter: 'C', path: folder };
      told.add(folder);
    }
    if (change.after?.type === 'dir') told.add(path);
    yield { letter: changeLetters[kind], path };
  }
}

/** Docker's letters. */
export const changeLetters = { added: 'A', modified: 'C', removed: 'D' } as const;

/** Of a folder neither time nor size counts (formats.md §3.1), and of other attributes only `security.capability`. */
function isTold({ kind, differs, before, after }: ViewChange): boolean {
  if (kind !== 'modified') return true;
  const isFolder = before?.type === 'dir' && after?.type === 'dir';
  return differs.some((aspect) => {
    if (aspect === 'xattr') return capability(before) !== capability(after);
    return aspect !== 'mtime' || !isFolder;
  });
}

function capability(entry: ViewChange['before']): string | undefined {
  for (const [name, value] of entry?.xattrs ?? []) if (name === 'security.capability') return value;
  return undefined;
}

/** Topmost first, the root left out. */
function foldersAbove(path: LayerPath): readonly LayerPath[] {
  const folders: LayerPath[] = [];
  let folder: LayerPath = rootPath;
  for (const name of splitPath(parentPath(path))) {
    folder = joinPath(folder, name);
    folders.push(folder);
  }
  return folders;
}
