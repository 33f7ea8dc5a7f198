import { type ByteName, toText } from '../../base/layerPath.ts';
import type { PathDifference } from '../cache/cacheReport.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { treeDigest } from '../contentKey/contentTree.ts';
import type { ContextDirectory, ContextNode } from './contextFile.ts';
import { type SelectedTop, selectedTops } from './selectedTops.ts';

/** A difference with the bytes of its path. */
export interface TreeDifference {
  readonly path: string;
  readonly change: PathDifference['change'];
  /** A file whose mode is another, and whose bytes may be too, as far as the trees tell. */
  readonly mayBeContent?: { readonly before: ContextNode; readonly after: ContextNode };
}

/** As many as anybody looks at. */
const mostDifferences = 5000;

/**
 * What these sources read that is another in one tree than in the other. A directory that is new or gone is named alone.
 */
export function treeDifferences(
  before: ContextDirectory,
  after: ContextDirectory,
  sources: readonly ContentSource[],
): readonly TreeDifference[] {
  const found = new Map<string, TreeDifference>();
  for (const source of sources) new Comparison(source, found).run(before, after);
  return [...found.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

class Comparison {
  readonly #source: ContentSource;
  readonly #found: Map<string, TreeDifference>;

  constructor(source: ContentSource, found: Map<string, TreeDifference>) {
    this.#source = source;
    this.#found = found;
  }

  run(before: ContextDirectory, after: ContextDirectory): void {
    const had = new Map(selectedTops(before, this.#source).map((top) => [top.name, top]));
    const has = new Map(selectedTops(after, this.#source).map((top) => [top.name, top]));
    for (const name of new Set([...had.keys(), ...has.keys()]))
      this.#compareTops(name, had.get(name), has.get(name));
  }

  #compareTops(name: string, before: SelectedTop | undefined, after: SelectedTop | undefined): void {
    if (before !== undefined && after !== undefined && before.path !== after.path)
      this.#add({ path: name, change: 'link' });
    else this.#compare(after?.path ?? before?.path ?? name, '', before?.node, after?.node);
  }

  #compare(
    path: string,
    below: string,
    before: ContextNode | undefined,
    after: ContextNode | undefined,
  ): void {
    if (before === after || this.#found.size >= mostDifferences) return;
    if (before?.kind === 'directory' && after?.kind === 'directory')
      this.#compareDirectories(path, below, before, after);
    else if (before === undefined || after === undefined)
      this.#compareWithNothing(path, below, before ?? after, before === undefined ? 'added' : 'removed');
    else if (this.#isWanted(below)) this.#compareLeaves(path, before, after);
  }

  #compareDirectories(path: string, below: string, before: ContextDirectory, after: ContextDirectory): void {
    if (treeDigest(before) === treeDigest(after)) return;
    if (before.own !== after.own && path !== '') this.#add({ path, change: 'mode' });
    for (const name of new Set([...before.children.keys(), ...after.children.keys()]))
      this.#compare(join(path, name), join(below, name), before.children.get(name), after.children.get(name));
  }

  /** Of a directory with a filter, what is wanted of it. */
  #compareWithNothing(
    path: string,
    below: string,
    node: ContextNode | undefined,
    change: 'added' | 'removed',
  ): void {
    if (this.#isWanted(below)) this.#add({ path, change });
    else if (node?.kind === 'directory')
      for (const [name, child] of node.children)
        this.#compareWithNothing(join(path, name), join(below, name), child, change);
  }

  #compareLeaves(path: string, before: ContextNode, after: ContextNode): void {
    if (typeOf(before) !== typeOf(after)) this.#add({ path, change: 'type' });
    else if (before.kind === 'link') {
      if (before.own !== after.own) this.#add({ path, change: 'link' });
    } else if (before.own !== after.own) this.#addFile(path, before, after);
  }

  #addFile(path: string, before: ContextNode, after: ContextNode): void {
    const isSameMode = permissionsOf(before) === permissionsOf(after);
    if (isSameMode || sizeOf(before) !== sizeOf(after)) this.#add({ path, change: 'content' });
    else this.#add({ path, change: 'mode', mayBeContent: { before, after } });
  }

  #isWanted(below: string): boolean {
    return !('isWanted' in this.#source) || this.#source.isWanted(toText(below));
  }

  #add(difference: TreeDifference): void {
    if (!this.#found.has(difference.path)) this.#found.set(difference.path, difference);
  }
}

function join(at: string, name: ByteName): string {
  return at === '' ? name : `${at}/${name}`;
}

function typeOf(node: ContextNode): string {
  return node.kind === 'file' ? `file ${node.version.mode & 0o170000}` : node.kind;
}

export function permissionsOf(node: ContextNode): number {
  return (node.kind === 'directory' ? node.mode : node.version.mode) & 0o7777;
}

function sizeOf(node: ContextNode): number {
  return node.kind === 'directory' ? 0 : node.version.size;
}
