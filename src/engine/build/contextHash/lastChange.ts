import { splitPath, toText } from '../../base/layerPath.ts';
import type { LastChange } from '../cache/contextView.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { goMatch } from '../contentKey/goMatch.ts';
import { splitAtWildcard } from '../contentKey/matchedContent.ts';
import { type ContextDirectory, type ContextNode, unsettled } from './contextFile.ts';
import { tickNs } from './fileVersion.ts';
import { selectedTops } from './selectedTops.ts';
import { followPath, nodeAt } from './sourcePaths.ts';

/**
 * By when everything that these sources read, and every directory and link on the way to it, had become what it is now. No
 * write, change of mode, renaming or removal leaves the times of all of them alone.
 *
 * @param aboveNs when the directory that the context lies in was changed last; `unsettled` where no time is believed.
 */
export function lastChange(
  root: ContextDirectory,
  sources: readonly ContentSource[],
  aboveNs: bigint,
): LastChange {
  const newest = new NewestChange(root, aboveNs);
  for (const source of sources) newest.addSource(source);
  return newest.found;
}

/** Later than anything. */
const never = 2n ** 63n;

interface Moment {
  readonly byNs: bigint;
  /** Below where it was looked for. */
  readonly path: string;
}

class NewestChange {
  readonly #root: ContextDirectory;
  readonly #aboveNs: bigint;
  #newest: Moment = { byNs: 0n, path: '' };

  constructor(root: ContextDirectory, aboveNs: bigint) {
    this.#root = root;
    this.#aboveNs = settledTime(aboveNs);
    if (aboveNs === unsettled) this.#newest = { byNs: never, path: '' };
  }

  get found(): LastChange {
    const { byNs, path } = this.#newest;
    return { byMs: byNs === never ? Infinity : Number(byNs / 1_000_000n) + 1, path: toText(path) };
  }

  addSource(source: ContentSource): void {
    if ('isWanted' in source) this.#addMatched(source);
    for (const { path, node, links } of selectedTops(this.#root, source)) {
      for (const link of [...links, path]) this.#addWayTo(link);
      for (const link of links) this.#add({ byNs: settledBy(nodeAt(this.#root, link)), path: link });
      this.#addTop(path, node, source);
    }
  }

  #addTop(path: string, node: ContextNode, source: ContentSource): void {
    if ('isWanted' in source) this.#addWanted(path, '', node, source);
    else {
      const { byNs, path: below } = newestIn(node);
      this.#add({ byNs, path: join(path, below) });
    }
  }

  /** What a filter leaves out does not count, but for what may be gone. */
  #addWanted(
    path: string,
    below: string,
    node: ContextNode,
    source: Extract<ContentSource, { readonly isWanted: unknown }>,
  ): void {
    if (node.kind === 'directory' || source.isWanted(toText(below)))
      this.#add({ byNs: settledBy(node), path });
    if (node.kind !== 'directory') return;
    for (const [name, child] of node.children)
      this.#addWanted(join(path, name), join(below, name), child, source);
  }

  /**
   * Of directories that are only gone through, whether they are the ones that they were: another one cannot come to a name
   * without a change of both itself and the directory that has the name.
   */
  #addWayTo(path: string): void {
    let above = this.#aboveNs;
    for (const directory of waysTo(path)) {
      const own = settledBy(nodeAt(this.#root, directory));
      this.#add({ byNs: own < above ? own : above, path: directory });
      above = own;
    }
  }

  /** Where names are matched, and of what filters read the directories above, all that is there counts. */
  #addMatched({ path }: ContentSource): void {
    const { base, pattern = [] } = splitAtWildcard(path);
    const start = followPath(this.#root, base);
    for (const link of [...start.links, start.path]) this.#addWayTo(link);
    for (const link of [...start.links, ...waysTo(start.path), start.path])
      this.#add({ byNs: settledBy(nodeAt(this.#root, link)), path: link });
    this.#addMatching(start.path, start.node, pattern.slice(splitPath(base).length));
  }

  #addMatching(at: string, node: ContextNode | undefined, [first, ...rest]: readonly string[]): void {
    if (first === undefined || node?.kind !== 'directory') return;
    this.#add({ byNs: settledBy(node), path: at });
    for (const [name, child] of node.children)
      if (goMatch(first, toText(name))) this.#addMatching(join(at, name), child, rest);
  }

  #add(moment: Moment): void {
    if (moment.byNs > this.#newest.byNs) this.#newest = moment;
  }
}

/** Trees never change, so that after a save only the directories above what was saved are looked at again. */
const known = new WeakMap<ContextDirectory, Moment>();

function newestIn(node: ContextNode): Moment {
  if (node.kind !== 'directory') return { byNs: settledBy(node), path: '' };
  const last = known.get(node);
  if (last !== undefined) return last;
  let newest: Moment = { byNs: settledBy(node), path: '' };
  for (const [name, child] of node.children) {
    const { byNs, path } = newestIn(child);
    if (byNs > newest.byNs) newest = { byNs, path: join(name, path) };
  }
  known.set(node, newest);
  return newest;
}

/** A moment at which the change that gave it its time was over. */
function settledBy(node: ContextNode | undefined): bigint {
  const ctimeNs = node?.kind === 'directory' ? node.ctimeNs : (node?.version.ctimeNs ?? unsettled);
  return settledTime(ctimeNs);
}

/** A time in whole seconds was cut off. */
export function settledTime(ctimeNs: bigint): bigint {
  if (ctimeNs === unsettled) return never;
  return ctimeNs + (ctimeNs % secondNs === 0n ? secondNs : 0n) + tickNs;
}

const secondNs = 1_000_000_000n;

/** The directories above a path, the context first. */
function waysTo(path: string): readonly string[] {
  const names = path.split('/');
  return path === '' ? [] : names.map((_, at) => names.slice(0, at).join('/'));
}

function join(at: string, name: string): string {
  return at === '' ? name : name === '' ? at : `${at}/${name}`;
}
