import type { ByteName } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import { countedXattrs } from '../contentKey/contentTree.ts';
import type { ContextDirectory, ContextNode } from './contextFile.ts';
import { hashWithXattrs } from './hashFile.ts';
import { readXattrs } from './xattrs.ts';

/** More at once were changed by a program, such as one that takes another version out, and not by a person. */
const mostAsked = 500;

/** Of files that are seen for the first time those that were changed last: it is after a build that this counts. */
const mostFresh = 200;

export function newestOf(
  files: readonly { readonly path: string; readonly ctimeNs: bigint }[],
): readonly string[] {
  const newest =
    files.length <= mostFresh
      ? files
      : [...files].sort((one, other) => Number(other.ctimeNs - one.ctimeNs)).slice(0, mostFresh);
  return newest.map(({ path }) => path);
}

/**
 * The tree with the extended attributes of these files. Only of files that were touched, since most contexts have none
 * and it takes a program to ask; directories' are not read.
 */
export async function withXattrs(
  context: { onDisk(path: string): Buffer },
  root: ContextDirectory,
  touched: readonly string[],
  { signal }: CallOptions,
): Promise<ContextDirectory> {
  if (touched.length === 0 || touched.length > mostAsked) return root;
  const places = new Map(touched.map((path) => [context.onDisk(path).toString('latin1'), path]));
  const found = await readXattrs([...places.keys()], signal);
  let changed = root;
  for (const [place, xattrs] of found ?? []) {
    const path = places.get(place);
    const counted = countedXattrs(xattrs);
    if (path === undefined || counted.size === 0) continue;
    try {
      const node = await hashWithXattrs(context.onDisk(path), counted, () => undefined);
      changed = replaced(changed, path.split('/') as ByteName[], node);
    } catch {
      // Gone by now: the next look tells.
    }
  }
  return changed;
}

function replaced(
  directory: ContextDirectory,
  [name, ...rest]: readonly ByteName[],
  node: ContextNode,
): ContextDirectory {
  if (name === undefined) return directory;
  const child = directory.children.get(name);
  const now = rest.length > 0 && child?.kind === 'directory' ? replaced(child, rest, node) : node;
  return { ...directory, children: new Map(directory.children).set(name, now) };
}
