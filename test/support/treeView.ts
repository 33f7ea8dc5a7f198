import type { PathDifference } from '../../src/engine/build/cache/cacheReport.ts';
import type { ContextView } from '../../src/engine/build/cache/contextView.ts';
import { contentDigest, type ContentSource } from '../../src/engine/build/contentKey/contentKey.ts';
import type { ContentRules } from '../../src/engine/build/contentKey/contentKey.ts';
import type { Sha256 } from '../../src/engine/build/sha256.ts';
import { type ContentLiteral, contentTree } from './contentTree.ts';

/** What a test says of a context besides its files. */
export interface TreeViewOptions {
  /** The files as the builder will count them, where it does not see a change. */
  readonly counted?: ContentLiteral;
  readonly unseen?: readonly PathDifference[];
  readonly differences?: readonly PathDifference[];
}

/** A context that is a literal. */
export function treeView(literal: ContentLiteral, options: TreeViewOptions = {}): ContextView {
  const [actual, counted] = [contentTree(literal), contentTree(options.counted ?? literal)];
  return {
    contents: (selections, rules) =>
      Promise.resolve(
        selections.map(({ sources }) => ({
          ...member('counted', digestIn(counted, sources, rules)),
          ...member('actual', digestIn(actual, sources, rules)),
          unseen: options.unseen ?? [],
          unreadable: [],
        })),
      ),
    differences: () => Promise.resolve(options.differences),
    files: () => Promise.resolve([]),
    members: () => Promise.resolve(undefined),
    lastChange: () => Promise.resolve({ byMs: Infinity, path: '' }),
  };
}

function digestIn(
  root: ReturnType<typeof contentTree>,
  sources: readonly ContentSource[],
  rules: ContentRules,
): Sha256 | undefined {
  try {
    return contentDigest(root, sources, rules);
  } catch {
    return undefined;
  }
}

function member<K extends string>(name: K, value: Sha256 | undefined): Partial<Record<K, Sha256>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, Sha256>);
}
