import type { Problem } from '../base/problem.ts';
import { indexesWhere } from './indexesWhere.ts';
import type { LayerSummary } from './layerIndex.ts';
import { type LayerColumns, type LayerInfo, type Numbers, columnFlag, narrow } from './layerColumns.ts';
import { type LayerTree, hashLength, nodeFlag, nodeType } from './layerTree.ts';
import type { BoundLinks, LowerLinks } from './lowerLinks.ts';
import type { ProblemList } from './problemList.ts';
import { orderNodes, type Places } from './orderNodes.ts';
import { judgeNodes, nodeState } from './judgeNodes.ts';
import { LinkGroups } from './linkGroups.ts';
import { layOutLowerLinks } from './layOutLowerLinks.ts';
import { layOutTables } from './layOutTables.ts';
import { type LayerCounts, summarizeLayer } from './summarizeLayer.ts';

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
  const columns = layout.columns();
  return { columns, info: infoOf(summarizeLayer(columns), problems, facts) };
}

function infoOf(
  counts: LayerCounts,
  problems: ProblemList,
  { problems: blobProblems = [], ...facts }: LayerFacts & { readonly entryCount: number },
): LayerInfo {
  const { isComplete, hasContentHashes, entryCount, tarSize, diffId, digest } = facts;
  const summary: LayerSummary = {
    entryCount,
    ...counts,
    tarSize,
    problemCount: problems.count + blobProblems.length,
    ...(diffId === undefined ? {} : { diffId }),
    ...(digest === undefined ? {} : { digest }),
  };
  return { isComplete, hasContentHashes, summary, problems: [...blobProblems, ...problems.kept] };
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

  columns(): LayerColumns {
    const tree = this.#tree;
    const { nodes, firstChildren, nameRanks } = this.#places;
    const lower = layOutLowerLinks(tree, this.#lowerLinks, this.#bound, nodes);
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
      ...layOutTables(tree, this.#places.nameOrder),
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
      (exists && tree.has(node, nodeFlag.opaque) ? columnFlag.isOpaque : 0) |
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
}
