import type { ByteName } from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { ProblemList } from '../layers/problemList.ts';
import { LayerMerger } from './mergeLayers.ts';
import type { LayerNode, MergedDirectory, MergedEntry } from './mergedEntry.ts';
import { pathOfNode } from './pathOfNode.ts';

/** Where the hard links of a stack lead that name a file of a lower layer (formats.md §2.2, 9). */
export class LowerLinkTable {
  readonly #targets: Map<number, LayerNode | undefined>[];
  readonly #merger: LayerMerger;
  readonly #problems: Problem[] = [];

  /** Follows all of them, from the lowest layer up: a link may lead to what is a link itself. */
  constructor(layers: readonly LayerIndex[]) {
    this.#targets = layers.map(() => new Map<number, LayerNode | undefined>());
    this.#merger = new LayerMerger(layers, (link) => this.follow(link));
    layers.forEach((index, layer) => {
      if (index.lowerLinks().length > 0) this.#followAll(index, layer);
    });
  }

  follow({ layer, node }: LayerNode): LayerNode | undefined {
    return this.#targets[layer]?.get(node);
  }

  /** What was found by following; `layer` is the link's. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Links that lead somewhere. */
  *links(): Iterable<{ readonly link: LayerNode; readonly target: LayerNode }> {
    for (const [layer, targets] of this.#targets.entries())
      for (const [node, target] of targets) if (target !== undefined) yield { link: { layer, node }, target };
  }

  #followAll(index: LayerIndex, layer: number): void {
    const problems = new ProblemList();
    const below = new LowerFiles(this.#merger, layer);
    for (const node of index.lowerLinks()) this.#followChain(index, { layer, node }, below, problems);
    this.#problems.push(...problems.kept.map((problem) => ({ ...problem, layer })));
  }

  /** Follows a link and those of the same layer that it leads to where no lower layer has its target. */
  #followChain(index: LayerIndex, first: LayerNode, below: LowerFiles, problems: ProblemList): void {
    const targets = this.#targets[first.layer];
    const chain: number[] = [];
    let node = first.node;
    let target: LayerNode | undefined;
    while (targets !== undefined) {
      const path = index.lowerLinkTarget(node);
      if (path === undefined) target = { layer: first.layer, node };
      else if (targets.has(node)) target = targets.get(node);
      else {
        // Known as leading nowhere until the end of the chain is: so a circle ends.
        targets.set(node, undefined);
        const found = below.find(path);
        const own = found === undefined ? index.ownLinkTarget(node) : -1;
        this.#report(index, node, found, own, problems);
        if (found?.kind === 'leaf') targets.set(node, found.content);
        else if (own >= 0) {
          chain.push(node);
          node = own;
          continue;
        }
        target = targets.get(node);
      }
      break;
    }
    for (const link of chain) targets?.set(link, target);
  }

  #report(
    index: LayerIndex,
    node: number,
    found: MergedEntry | undefined,
    own: number,
    problems: ProblemList,
  ): void {
    const code =
      found?.kind === 'leaf'
        ? 'hardlink-to-lower-layer'
        : found !== undefined
          ? 'hardlink-to-directory'
          : own >= 0
            ? 'hardlink-before-target'
            : 'hardlink-target-missing';
    problems.add(code, () => pathOfNode(index, node), `/${index.lowerLinkTarget(node) ?? ''}`);
  }
}

/** Finds paths in the layers below one, no links followed; directories met are remembered. */
class LowerFiles {
  readonly #merger: LayerMerger;
  readonly #directories = new Map<string, MergedDirectory>();

  constructor(merger: LayerMerger, end: number) {
    this.#merger = merger;
    this.#directories.set('', merger.root(end));
  }

  find(path: ByteName): MergedEntry | undefined {
    let at: MergedEntry | undefined = this.#directories.get('');
    let walked = '';
    for (const name of path.split('/') as ByteName[]) {
      if (at?.kind !== 'directory') return undefined;
      walked = `${walked}/${name}`;
      const known: MergedEntry | undefined = this.#directories.get(walked) ?? this.#merger.child(at, name);
      if (known?.kind === 'directory' && this.#directories.size < 4096) this.#directories.set(walked, known);
      at = known;
    }
    return at;
  }
}
