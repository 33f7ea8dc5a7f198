import type { SelectedFile } from '../../build/cache/contextView.ts';

/**
 * Files of which a builder may have overlooked what became of them since a build: it compares sizes and times of change,
 * and no modes of directories (build-cache.md §1.2). What was done to the others shows in what it compares.
 *
 * @param builtAt when the build was over. Milliseconds since 1970.
 */
export function unseenByTimes(files: readonly SelectedFile[], builtAt: number): readonly SelectedFile[] {
  const isHidden = (file: SelectedFile): boolean =>
    file.type === 'directory' ? isHiddenDirectory(file, files, builtAt) : isHiddenFile(file, builtAt);
  return files.filter(isHidden);
}

/** What was written has the time of that, unless somebody gave it another. */
function isHiddenFile({ type, mtimeMs, changedMs }: SelectedFile, builtAt: number): boolean {
  if (type !== 'file' || mtimeMs === undefined) return false;
  // Of one that was written just now the other time is not known yet.
  if (changedMs === undefined) return mtimeMs <= builtAt;
  return changedMs > builtAt && (mtimeMs <= builtAt || changedMs - mtimeMs > mostBetweenMs);
}

/** What came into it is seen. */
function isHiddenDirectory(
  { path, source, changedMs = Infinity }: SelectedFile,
  files: readonly SelectedFile[],
  builtAt: number,
): boolean {
  if (changedMs <= builtAt) return false;
  return !files.some((file) => {
    if (file.source !== source || file.path === path || parentOf(file.path) !== path) return false;
    return file.changedMs === undefined || Math.abs(file.changedMs - changedMs) <= mostBetweenMs;
  });
}

/** Between writing a file and giving it its name. */
const mostBetweenMs = 2000;

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
