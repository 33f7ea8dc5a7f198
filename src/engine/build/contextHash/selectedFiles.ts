import { type ByteName, rootPath, toText } from '../../base/layerPath.ts';
import type { SelectedFile } from '../cache/contextView.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { splitAtWildcard } from '../contentKey/matchedContent.ts';
import { type ContextDirectory, type ContextFile, type ContextNode, unsettled } from './contextFile.ts';
import { selectedTops } from './selectedTops.ts';
import { permissionsOf } from './treeDifferences.ts';

/** A selected file, and where a file's bytes are to be had. */
export interface FoundFile {
  readonly selected: SelectedFile;
  /** Below the context, as bytes. */
  readonly path: string;
  readonly node: ContextNode;
}

/** What the sources read, of each source in byte order. With filters, a directory is there for what is wanted in it. */
export function selectedFiles(
  root: ContextDirectory,
  sources: readonly ContentSource[],
): readonly FoundFile[] {
  return sources.flatMap((source, index) => {
    const found: FoundFile[] = [];
    for (const top of selectedTops(root, source)) {
      const prefix = 'isWanted' in source ? belowBase(source, top.name) : '';
      collect({ path: top.path, below: '', node: top.node }, source, (at) =>
        found.push(describe(at, index, prefix)),
      );
    }
    return found.sort((one, other) => (one.selected.path < other.selected.path ? -1 : 1));
  });
}

/** What was matched, below the part without wildcards. */
function belowBase({ path }: ContentSource, name: string): string {
  const { base, pattern } = splitAtWildcard(path);
  if (pattern === undefined) return '';
  return base === rootPath ? name : name.slice(base.length);
}

interface Place {
  readonly path: string;
  readonly below: string;
  readonly node: ContextNode;
}

/** Whether anything was taken. */
function collect(place: Place, source: ContentSource, take: (place: Place) => void): boolean {
  let isTaken = !('isWanted' in source) || source.isWanted(toText(place.below));
  if (place.node.kind === 'directory')
    for (const [name, node] of place.node.children) {
      const child = { path: join(place.path, name), below: join(place.below, name), node };
      if (collect(child, source, take)) isTaken = true;
    }
  if (isTaken) take(place);
  return isTaken;
}

function describe({ path, below, node }: Place, source: number, prefix: string): FoundFile {
  const type = node.kind === 'file' && !isPlainFile(node) ? 'other' : node.kind;
  const ctimeNs = node.kind === 'directory' ? node.ctimeNs : node.version.ctimeNs;
  const selected: SelectedFile = {
    path: [prefix, below].filter((part) => part !== '').join('/'),
    source,
    type,
    mode: permissionsOf(node),
    size: node.kind === 'file' ? node.version.size : 0,
    ...(node.kind === 'file' && { mtimeMs: Number(node.version.mtimeNs) / 1e6 }),
    ...(ctimeNs !== unsettled && { changedMs: Number(ctimeNs) / 1e6 }),
    ...(node.kind === 'file' && node.hasXattrs === true && { hasXattrs: true }),
    ...(node.kind === 'link' && { target: node.target }),
  };
  return { selected, path, node };
}

function isPlainFile({ version }: ContextFile): boolean {
  return (version.mode & 0o170000) === 0o100000;
}

function join(at: string, name: ByteName): string {
  return at === '' ? name : `${at}/${name}`;
}
