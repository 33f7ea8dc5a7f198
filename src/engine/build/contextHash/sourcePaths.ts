import { readdirSync } from 'node:fs';
import { type ByteName, type LayerPath, splitPath, toText } from '../../base/layerPath.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { goMatch } from '../contentKey/goMatch.ts';
import { splitAtWildcard } from '../contentKey/matchedContent.ts';
import type { ContextDirectory, ContextNode } from './contextFile.ts';

/** Where a path leads, as bytes below the context. */
export interface FollowedPath {
  /** Links resolved; what is missing is as it is written. */
  readonly path: string;
  /** Undefined when nothing is there. */
  readonly node: ContextNode | undefined;
  /** Links on the way. */
  readonly links: readonly string[];
}

/** Follows a path inside a tree as BuildKit does, links at the end too. */
export function followPath(root: ContextDirectory, path: LayerPath): FollowedPath {
  const links: string[] = [];
  let at: string[] = [];
  const todo = [...splitPath(path)].reverse();
  while (todo.length > 0) {
    const name = todo.pop();
    if (name === undefined || name === '' || name === '.') continue;
    if (name === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const here = [...at, name].join('/');
    const node = nodeAt(root, here);
    if (node === undefined) return { path: [here, ...cleaned(todo)].join('/'), node, links };
    if (node.kind !== 'link') at = [...at, name];
    else {
      if (links.push(here) > mostLinks) return { path: here, node: undefined, links };
      if (node.target.startsWith('/')) at = [];
      todo.push(...(node.target.split('/') as ByteName[]).reverse());
    }
  }
  return { path: at.join('/'), node: nodeAt(root, at.join('/')), links };
}

const mostLinks = 255;

/** What lies at a path, links not followed. */
export function nodeAt(root: ContextDirectory, path: string): ContextNode | undefined {
  let at: ContextNode | undefined = root;
  for (const name of path === '' ? [] : (path.split('/') as ByteName[]))
    at = at?.kind === 'directory' ? at.children.get(name) : undefined;
  return at;
}

/** What is left of a path whose beginning is missing; where it climbs again, only that beginning can be told. */
function cleaned(todo: readonly ByteName[]): readonly string[] {
  const rest = todo.filter((name) => name !== '' && name !== '.').reverse();
  return rest.includes('..' as ByteName) ? [] : rest;
}

/** The paths that have to be looked at to say what these sources read, as far as the tree shows it. */
export function pathsToLookAt(
  context: { readonly root: ContextDirectory; readonly directory: Buffer },
  sources: readonly ContentSource[],
): readonly string[] {
  return sources.flatMap((source) => {
    const { base, pattern } = 'isWanted' in source ? splitAtWildcard(source.path) : { base: source.path };
    const { path, links } = followPath(context.root, base);
    if (pattern === undefined) return [...links, path];
    const matches = matchesOnDisk(context.directory, path, pattern.slice(splitPath(base).length));
    return [...links, ...matches.flatMap((match) => [match, followed(context.root, match).path])];
  });
}

/** By the names on the disk: links between are not followed. What matches and is a link is looked at, and followed then. */
function matchesOnDisk(directory: Buffer, at: string, pattern: readonly string[]): readonly string[] {
  const [first, ...rest] = pattern;
  if (first === undefined) return [at];
  return namesIn(directory, at)
    .filter(({ name }) => goMatch(first, toText(name)))
    .filter(({ isDirectory }) => isDirectory || rest.length === 0)
    .flatMap(({ name }) => matchesOnDisk(directory, at === '' ? name : `${at}/${name}`, rest));
}

/** Nothing where it cannot be read: whoever looks at it says so. */
function namesIn(
  directory: Buffer,
  at: string,
): readonly { readonly name: string; readonly isDirectory: boolean }[] {
  try {
    const path = Buffer.concat([directory, Buffer.from(`/${at}`, 'latin1')]);
    return readdirSync(path, { encoding: 'buffer', withFileTypes: true }).map((entry) => ({
      name: entry.name.toString('latin1'),
      isDirectory: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}

function followed(root: ContextDirectory, path: string): FollowedPath {
  return followPath(root, `/${path}` as LayerPath);
}
