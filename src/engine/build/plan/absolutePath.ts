import { cleanPath } from '../ignorefile/cleanPath.ts';

/** The path below a directory, absolute and cleaned; an empty one is the directory. */
export function absolutePath(directory: string, path: string): string {
  return cleanPath(path.startsWith('/') ? path : `/${directory}/${path}`);
}

/** As {@link absolutePath}, but a `/` or `/.` at the end stays: it says that a directory is meant. */
export function destinationPath(directory: string, path: string): string {
  const written = path === '.' || path === '' ? './' : path;
  const clean = absolutePath(directory, written);
  if (written.endsWith('/')) return clean.endsWith('/') ? clean : `${clean}/`;
  if (written.endsWith('/.')) return clean === '/' ? '/.' : `${clean}/.`;
  return clean;
}
