import { type ByteName, splitPath, type LayerPath } from '../../base/layerPath.ts';
import type { ContentDirectory, ContentNode } from './contentTree.ts';

/** What a path leads to, links followed inside the root, the last component's too; undefined when nothing is there. */
export function resolveContent(root: ContentDirectory, path: LayerPath): ContentNode | undefined {
  const above: ContentDirectory[] = [];
  let at: ContentNode = root;
  const todo = [...splitPath(path)].reverse();
  for (let links = 0, name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = above.pop() ?? root;
      continue;
    }
    const child: ContentNode | undefined = at.kind === 'directory' ? at.children.get(name) : undefined;
    if (child === undefined || at.kind !== 'directory') return undefined;
    if (child.kind === 'link') {
      if (++links > mostLinks) return undefined;
      if (child.target.startsWith('/')) {
        at = root;
        above.length = 0;
      }
      todo.push(...(child.target.split('/') as ByteName[]).reverse());
    } else {
      above.push(at);
      at = child;
    }
  }
  return at;
}

const mostLinks = 255;
