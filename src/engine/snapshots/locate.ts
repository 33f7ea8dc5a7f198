import { EngineError } from '../base/errors.ts';
import { type ByteName, joinPath, type LayerPath, rootPath, splitPath } from '../base/layerPath.ts';
import type { ContainerDirectory, ContainerNode, ContainerView } from './containerView.ts';

/** A real path, without links, and what is there. */
export interface Found {
  readonly path: LayerPath;
  /** The folder it is in; for the root the root. */
  readonly parent: ContainerDirectory;
  readonly node: ContainerNode | undefined;
}

/**
 * Where a path is, links in its parents followed, the last component not; it need not be there.
 *
 * @throws EngineError `not-found`, `not-a-directory`, `symlink-loop` for its parents.
 */
export function locate(view: ContainerView, path: LayerPath): Found {
  return locateNames(view, splitPath(path), path);
}

/** The same, and where a link in the last component leads: to what need not be there either. */
export function locateTarget(view: ContainerView, path: LayerPath): Found {
  let names = splitPath(path);
  for (let links = 0; links <= maxLinks; links++) {
    const found = locateNames(view, names, path);
    const target = found.node && view.linkTarget(found.node);
    if (target === undefined) return found;
    const start = target.startsWith('/') ? [] : splitPath(found.path).slice(0, -1);
    names = [...start, ...componentsOf(target)];
  }
  throw loop(path);
}

const maxLinks = 40;

function locateNames(view: ContainerView, names: readonly ByteName[], subject: LayerPath): Found {
  const last = names.at(-1);
  if (last === undefined) return { path: rootPath, parent: view.root, node: view.root };
  // `..` is a folder that is there, and so is the whole path to it.
  if (last === '..') return locateDirectory(view, names, subject);
  const parent = directoryAt(view, names.slice(0, -1), subject);
  return { path: joinPath(parent.path, last), parent: parent.node, node: view.child(parent.node, last) };
}

function locateDirectory(view: ContainerView, names: readonly ByteName[], subject: LayerPath): Found {
  const { path } = directoryAt(view, names, subject);
  return locateNames(view, splitPath(path), subject);
}

function directoryAt(
  view: ContainerView,
  names: readonly ByteName[],
  subject: LayerPath,
): { readonly path: LayerPath; readonly node: ContainerDirectory } {
  const found = view.follow(names, 'follow');
  if (found === 'loop') throw loop(subject);
  if (found === undefined) throw new EngineError('not-found', subject, 'its folder is not there');
  if (found.entry.kind !== 'directory')
    throw new EngineError('not-a-directory', subject, 'what should be its folder is none');
  return { path: `/${found.names.join('/')}` as LayerPath, node: found.entry };
}

function componentsOf(target: ByteName): readonly ByteName[] {
  return (target.split('/') as ByteName[]).filter((name) => name !== '' && name !== '.');
}

function loop(subject: LayerPath): EngineError {
  return new EngineError('symlink-loop', subject, 'it leads through more than 40 links');
}
