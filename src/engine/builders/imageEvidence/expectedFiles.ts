import { createHash } from 'node:crypto';
import { type ByteName, fromText, joinPath, type LayerPath, toText } from '../../base/layerPath.ts';
import type { SelectedFile } from '../../build/cache/contextView.ts';
import { hasWildcard } from '../../build/contentKey/goMatch.ts';
import type { CopyStep } from '../../build/plan/buildPlan.ts';
import type { UnionView } from '../../rootfs/rootfs.ts';
import { destinationIn, isDirectoryIn } from './destinations.ts';

/** What a COPY would write now at one path. */
export interface ExpectedFile {
  readonly file: SelectedFile;
  /** Where it is copied from, for people. */
  readonly from: string;
  /** The directory that a source is: its own attributes stay behind where the destination is there already. */
  readonly isTop: boolean;
}

export interface ExpectedFiles {
  readonly files: ReadonlyMap<LayerPath, ExpectedFile>;
  /** Where all goes, which is made where it is not there, also for nothing. */
  readonly destination: LayerPath;
  /** Where sources are put, and what they are called: for naming what is there and would not be copied any more. */
  readonly places: readonly Place[];
  /** Whether a name counts that is nowhere in what is written: of what a wildcard matches, unless it is put into a directory. */
  readonly hidesNames: boolean;
  /** Whether a file takes the place of another, which counts too. */
  readonly hidesFiles: boolean;
}

interface Place {
  readonly to: LayerPath;
  readonly from: string;
}

type PathSource = Extract<CopyStep['sources'][number], { readonly kind: 'path' }>;

/**
 * What COPY and ADD write, by BuildKit's rules: a directory's contents go into the destination; a file goes into it where
 * it is a directory, and else becomes it; what wildcards match goes there one by one.
 *
 * @param below the file system that is copied onto; undefined of nothing.
 */
export function expectedFiles(
  { destination, sources }: CopyStep,
  selected: readonly SelectedFile[],
  below: UnionView | undefined,
): ExpectedFiles {
  const to = destinationIn(below, destination);
  const isDirectory = /\/\.?$/.test(destination) || isDirectoryIn(below, to);
  const files = new PlacedFiles(to);
  const paths = sources.filter((source): source is PathSource => source.kind === 'path');
  for (const [at, source] of paths.entries()) {
    const own = selected.filter(({ source: of }) => of === at);
    for (const top of topsOf(source, own)) files.put(top, to, isDirectory);
  }
  for (const source of sources)
    if (source.kind === 'heredoc')
      files.set(isDirectory ? joinPath(to, fromText(source.name)) : to, inlineFile(source));
  return files;
}

class PlacedFiles implements ExpectedFiles {
  readonly destination: LayerPath;
  readonly files = new Map<LayerPath, ExpectedFile>();
  readonly places: Place[] = [];
  hidesNames = false;
  hidesFiles = false;

  constructor(destination: LayerPath) {
    this.destination = destination;
  }

  put(top: Top, to: LayerPath, isDirectory: boolean): void {
    const place = top.isDirectory || !isDirectory ? to : joinPath(to, top.name);
    if (top.depth > 0 && (top.depth > 1 || place === to)) this.hidesNames = true;
    this.places.push({ to: place, from: top.from });
    for (const { file, path } of top.files)
      this.set(path === '' ? place : joinPath(place, path as ByteName), {
        file,
        from: [top.from, toText(path)].filter((part) => part !== '').join('/'),
        isTop: path === '' && file.type === 'directory',
      });
  }

  set(path: LayerPath, file: ExpectedFile): void {
    const other = this.files.get(path)?.file;
    if (other !== undefined && other.type !== 'directory') this.hidesFiles = true;
    this.files.set(path, file);
  }
}

/** A heredoc is a file of its name, new at each build: nobody compares its time. */
function inlineFile({
  name,
  content,
}: Extract<CopyStep['sources'][number], { readonly kind: 'heredoc' }>): ExpectedFile {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const size = Buffer.byteLength(content);
  const file = { path: '', source: -1, type: 'file', mode: 0o644, size, sha256, mtimeMs: -1 } as const;
  return { file, from: `<<${name}`, isTop: false };
}

/** One thing that a source names, and what is in it. */
interface Top {
  readonly name: ByteName;
  readonly from: string;
  readonly isDirectory: boolean;
  /** How many parts of the path are a pattern. */
  readonly depth: number;
  readonly files: readonly { readonly path: string; readonly file: SelectedFile }[];
}

function topsOf(source: PathSource, selected: readonly SelectedFile[]): readonly Top[] {
  const parts = source.path.split('/').filter((part) => part !== '');
  const first = source.include === undefined ? parts.findIndex(hasWildcard) : -1;
  const depth = first < 0 ? 0 : parts.length - first;
  const above = parts.slice(0, first < 0 ? parts.length : first);
  const groups = new Map<string, SelectedFile[]>();
  for (const file of selected) {
    const names = file.path.split('/');
    // A directory above what a wildcard matches counts, but is not copied.
    if (depth > 0 && names.length < depth) continue;
    const top = names.slice(0, depth).join('/');
    const group = groups.get(top);
    if (group === undefined) groups.set(top, [file]);
    else group.push(file);
  }
  return Array.from(groups, ([top, files]): Top => {
    const from = [...above, ...(top === '' ? [] : [toText(top)])].join('/');
    const name = (depth === 0 ? fromText(above.at(-1) ?? '') : top.split('/').at(-1)) ?? '';
    const own = files.find(({ path }) => path === top);
    return {
      name: name as ByteName,
      from,
      depth,
      isDirectory: own === undefined || own.type === 'directory',
      files: files.map((file) => ({ file, path: file.path.slice(top.length).replace(/^\//, '') })),
    };
  });
}
