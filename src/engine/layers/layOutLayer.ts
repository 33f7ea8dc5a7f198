import type { Problem } from '../base/problem.ts';
import { indexesWhere } from './indexesWhere.ts';
import { ByteTexts, type TextColumns } from './byteTexts.ts';
import type { LayerSummary } from './layerIndex.ts';
import { type LayerColumns, type LayerInfo, type Numbers, columnFlag, narrow } from './layerColumns.ts';
import { type LayerTree, hashLength, nodeFlag, nodeType } from './layerTree.ts';
import type { BoundLinks, LowerLinks } from './lowerLinks.ts';
import type { ProblemList } from './problemList.ts';
import { orderNodes, type Places } from './orderNodes.ts';
import { judgeNodes, nodeState } from './judgeNodes.ts';
import { LinkGroups } from './linkGroups.ts';

/** What the reader of a layer knows and its tree does not. */
export interface LayerFacts {
  readonly isComplete: boolean;
  readonly hasContentHashes: boolean;
  readonly tarSize: number;
  readonly diffId?: string | undefined;
  readonly digest?: string | undefined;
  /** What is wrong with the blob. */
  readonly problems?: readonly Problem[];
}

/** A layer's columns with what is said of it as a whole. */
export interface LaidOutLayer {
  readonly columns: LayerColumns;
  readonly info: LayerInfo;
}

/**
 * Makes the columns of a tree. Reports removed directories that the layer makes anew.
 *
 * @param purpose `last`: everything was read, and the tree's memory is given back on the way; `preview`: more will come.
 */
export function layOutLayer(
  tree: LayerTree,
  lowerLinks: LowerLinks,
  problems: ProblemList,
  facts: LayerFacts & { readonly entryCount: number },
  purpose: 'last' | 'preview' = 'last',
): LaidOutLayer {
  const bound = lowerLinks.bind(tree);
  // Nothing is looked up by name from here on, so the hashes' memory serves what follows.
  if (purpose === 'last') tree.closeNames();
  const layout = new Layout(tree, lowerLinks, bound, judgeNodes(tree), purpose);
  layout.reportRecreated(problems);
  const info = infoOf(layout.summary(facts), problems, facts);
  return { columns: layout.columns(), info };
}

function infoOf(summary: LayerSummary, problems: ProblemList, facts: LayerFacts): LayerInfo {
  const { isComplete, hasContentHashes } = facts;
  const blobProblems = facts.problems ?? [];
  return {
    isComplete,
    hasContentHashes,
    summary: { ...summary, problemCount: problems.count + blobProblems.length },
    problems: [...blobProblems, ...problems.kept],
  };
}

/** Carries attributes from the tree's nodes to their new places. */
class Layout {
  readonly #tree: LayerTree;
  readonly #lowerLinks: LowerLinks;
  readonly #bound: BoundLinks;
  readonly #states: Uint8Array;
  readonly #places: Places;
  readonly #links: LinkGroups;
  readonly #purpose: 'last' | 'preview';

  constructor(
    tree: LayerTree,
    lowerLinks: LowerLinks,
    bound: BoundLinks,
    states: Uint8Array,
    purpose: 'last' | 'preview',
  ) {
    this.#purpose = purpose;
    this.#tree = tree;
    this.#lowerLinks = lowerLinks;
    this.#bound = bound;
    this.#states = states;
    this.#places = orderNodes(tree, states);
    this.#links = new LinkGroups(tree, bound.holders, this.#places.nodes);
  }

  reportRecreated(problems: ProblemList): void {
    const tree = this.#tree;
    for (const node of this.#places.nodes) {
      if (!tree.has(node, nodeFlag.whiteout) || !this.#exists(node)) continue;
      if (tree.type(node) === nodeType.dir)
        problems.add('whiteout-of-recreated-directory', () => `/${tree.path(node)}`);
    }
  }

  summary(facts: LayerFacts & { readonly entryCount: number }): LayerSummary {
    const counts = [0, 0, 0, 0, 0, 0, 0];
    let whiteouts = 0;
    let contentSize = 0;
    let targetSize = 0;
    this.#places.nodes.forEach((node, place) => {
      if (this.#tree.has(node, nodeFlag.whiteout)) whiteouts++;
      if (!this.#exists(node)) return;
      if (this.#tree.has(node, nodeFlag.opaque)) whiteouts++;
      const holder = this.#links.holders[place] ?? 0;
      const type = this.#tree.type(holder);
      if (place > 0) counts[type] = (counts[type] ?? 0) + 1;
      if ((this.#links.groupOf(place) ?? place) !== place) return;
      if (type === nodeType.file) contentSize += this.#tree.sizes[holder] ?? 0;
      if (type === nodeType.symlink) targetSize += this.#targetLength(holder);
    });
    const [, files = 0, directories = 0, ...others] = counts;
    return {
      entryCount: facts.entryCount,
      files,
      directories,
      others: others.reduce((sum, count) => sum + count, 0),
      whiteouts,
      contentSize,
      size: contentSize + targetSize,
      tarSize: facts.tarSize,
      problemCount: 0,
      ...(facts.diffId === undefined ? {} : { diffId: facts.diffId }),
      ...(facts.digest === undefined ? {} : { digest: facts.digest }),
    };
  }

  columns(): LayerColumns {
    const tree = this.#tree;
    const { nodes, firstChildren, nameRanks } = this.#places;
    const lower = this.#lowerColumns();
    return {
      nameIds: this.#column((_, node) => nameRanks[tree.nodes.names[node] ?? 0] ?? 0),
      firstChildren: narrow(firstChildren),
      modes: this.#column((holder) => tree.modes[holder] ?? 0),
      flags: this.#column((holder, node, place) => this.#flags(holder, node, place)),
      ownerIds: this.#column((holder) => tree.ownerIds[holder] ?? 0),
      sizes: this.#moveNumbers('sizes'),
      mtimes: this.#moveNumbers('mtimes'),
      payloads: this.#moveNumbers('payloads'),
      hashes: this.#hashes(nodes.length),
      ...this.#tables(),
      ...this.#sparseColumns(),
      ...lower,
      ...this.#links.columns(),
    };
  }

  #flags(holder: number, node: number, place: number): number {
    const tree = this.#tree;
    const exists = this.#exists(node);
    return (
      (exists ? columnFlag.hasEntry : 0) |
      (tree.has(node, nodeFlag.whiteout) ? columnFlag.isWhiteout : 0) |
      (tree.has(node, nodeFlag.opaque) ? columnFlag.isOpaque : 0) |
      (exists && !tree.has(node, nodeFlag.listed) ? columnFlag.isImplied : 0) |
      (tree.has(holder, nodeFlag.hashed) ? columnFlag.isHashed : 0) |
      (this.#links.groupOf(place) === undefined ? 0 : columnFlag.isLinked) |
      (tree.has(node, nodeFlag.isPending) ? columnFlag.isLowerLink : 0) |
      (this.#isRare(holder) ? columnFlag.isRare : 0)
    );
  }

  #isRare(holder: number): boolean {
    const { nanoseconds, xattrs, sparseMaps } = this.#tree;
    return ((nanoseconds[holder] ?? 0) | (xattrs[holder] ?? 0) | (sparseMaps[holder] ?? 0)) !== 0;
  }

  #exists(node: number): boolean {
    return ((this.#states[node] ?? 0) & nodeState.exists) !== 0;
  }

  #targetLength(holder: number): number {
    const target = this.#tree.payloads[holder] ?? 0;
    return this.#tree.links.end(target) - this.#tree.links.start(target);
  }

  #column(valueOf: (holder: number, node: number, place: number) => number): Numbers {
    const { nodes } = this.#places;
    const column = new Uint32Array(nodes.length);
    for (let place = 0; place < column.length; place++)
      column[place] = valueOf(this.#links.holders[place] ?? 0, nodes[place] ?? 0, place);
    return narrow(column);
  }

  /** Also gives the tree's own column back, which is not needed again. */
  #moveNumbers(name: 'sizes' | 'mtimes' | 'payloads'): Numbers {
    const from = this.#tree[name];
    const { holders } = this.#links;
    const column = new Float64Array(holders.length);
    for (let place = 0; place < column.length; place++) column[place] = from[holders[place] ?? 0] ?? 0;
    if (this.#purpose === 'last') this.#tree.release(name);
    return narrow(column);
  }

  #hashes(count: number): Uint8Array {
    const from = this.#tree.hashes;
    if (from.length === 0) return from;
    const words = new Uint32Array(from.buffer);
    const hashes = new Uint32Array((count * hashLength) / 4);
    const { holders } = this.#links;
    for (let place = 0; place < count; place++) {
      const holder = holders[place] ?? 0;
      if (!this.#tree.has(holder, nodeFlag.hashed)) continue;
      for (let word = 0; word < 4; word++) hashes[place * 4 + word] = words[holder * 4 + word] ?? 0;
    }
    return new Uint8Array(hashes.buffer);
  }

  #tables(): Pick<
    LayerColumns,
    | 'nameHeap'
    | 'nameEnds'
    | 'owners'
    | 'devices'
    | 'targetHeap'
    | 'targetEnds'
    | 'xattrHeap'
    | 'xattrEnds'
    | 'sparsePieces'
    | 'sparseEnds'
  > {
    const tree = this.#tree;
    const names = sortTexts(tree.names.texts.columns, this.#places.nameOrder);
    const targets = tree.links.columns;
    const xattrs = tree.xattrSets.texts.columns;
    const sparse = tree.sparsePieces.columns;
    return {
      nameHeap: names.heap,
      nameEnds: narrow(names.ends),
      owners: narrow(tree.owners.pairs),
      devices: Float64Array.from(tree.devices),
      targetHeap: targets.heap.slice(),
      targetEnds: narrow(targets.ends),
      xattrHeap: xattrs.heap.slice(),
      xattrEnds: narrow(xattrs.ends),
      sparsePieces: narrow(sparse.pieces),
      sparseEnds: narrow(sparse.ends),
    };
  }

  #sparseColumns(): Pick<
    LayerColumns,
    'nanosecondNodes' | 'nanoseconds' | 'xattrNodes' | 'xattrIds' | 'sparseNodes' | 'sparseIds'
  > {
    const nanoseconds = this.#pick(this.#tree.nanoseconds);
    const xattrs = this.#pick(this.#tree.xattrs);
    const sparse = this.#pick(this.#tree.sparseMaps);
    return {
      nanosecondNodes: nanoseconds.places,
      nanoseconds: nanoseconds.values,
      xattrNodes: xattrs.places,
      xattrIds: xattrs.values,
      sparseNodes: sparse.places,
      sparseIds: sparse.values,
    };
  }

  /** The places where a column is not 0, and its values there. */
  #pick(column: Uint32Array): { readonly places: Numbers; readonly values: Numbers } {
    if (column.length === 0) return { places: column, values: column };
    const { holders } = this.#links;
    const picked = indexesWhere(holders.length, (place) => column[holders[place] ?? 0] !== 0);
    return {
      places: narrow(picked),
      values: narrow(picked.map((place) => column[holders[place] ?? 0] ?? 0)),
    };
  }

  #lowerColumns(): Pick<LayerColumns, 'lowerHeap' | 'lowerEnds' | 'lowerNodes' | 'lowerOwn'> {
    const { nodes } = this.#places;
    const { holders, targets } = this.#bound;
    const isLower = (place: number): boolean => this.#tree.has(nodes[place] ?? 0, nodeFlag.isPending);
    const places = holders.size === 0 ? new Uint32Array(0) : indexesWhere(nodes.length, isLower);
    const paths = new ByteTexts();
    for (const place of places) paths.add(this.#lowerLinks.pathOf(nodes[place] ?? 0, this.#tree));
    const placeOf = placesOf(this.#tree.nodes.count, nodes, places.length > 0);
    const own = places.map((place) => {
      const target = targets.get(nodes[place] ?? 0);
      return target === undefined ? 0 : (placeOf[target] ?? 0) + 1;
    });
    return {
      lowerHeap: paths.columns.heap.slice(),
      lowerEnds: narrow(paths.columns.ends.slice()),
      lowerNodes: narrow(places),
      lowerOwn: narrow(own),
    };
  }
}

function placesOf(count: number, nodes: Uint32Array, isNeeded: boolean): Uint32Array {
  const places = new Uint32Array(isNeeded ? count : 0);
  if (isNeeded) nodes.forEach((node, place) => (places[node] = place));
  return places;
}

function sortTexts({ heap, ends }: TextColumns, order: Uint32Array): TextColumns {
  const sorted = { heap: new Uint8Array(heap.length), ends: new Uint32Array(ends.length) };
  let at = 0;
  order.forEach((id, rank) => {
    const start = id === 0 ? 0 : (ends[id - 1] ?? 0);
    for (let from = start, end = ends[id] ?? 0; from < end; from++) sorted.heap[at++] = heap[from] ?? 0;
    sorted.ends[rank] = at;
  });
  return sorted;
}
