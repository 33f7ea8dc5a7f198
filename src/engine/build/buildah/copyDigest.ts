import { createHash } from 'node:crypto';
import path from 'node:path';
import { followLinks, namesOf } from '../classic/copySum.ts';
import type { SentContext } from '../classic/sentContext.ts';
import { goMatch, hasWildcard } from '../contentKey/goMatch.ts';
import { type CopiedItem, type CopyRules, itemDigest, walk } from './copiedFiles.ts';
import { archiveDigest, isArchive } from './archiveDigest.ts';

/** Sources of a COPY or ADD, variables replaced; byte strings. */
export interface CopyQuestion {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly isAdd: boolean;
}

/** What buildah prints for what it copies. */
export type CopyAnswer =
  | {
      readonly kind: 'digests';
      /** More than one where it depends on what is at the destination: `file:…`, `dir:…`, `multi:…`. */
      readonly texts: readonly string[];
      /** When anything of it was changed last, its attributes included; milliseconds. */
      readonly changed: number;
    }
  | { readonly kind: 'missing'; readonly source: string }
  /** It cannot be computed, and why. */
  | { readonly kind: 'unknown'; readonly why: string };

export function copyDigests(context: SentContext, question: CopyQuestion, rules: CopyRules): CopyAnswer {
  const { sources, destination, isAdd } = question;
  const items: CopiedItem[] = [];
  for (const source of sources) {
    const found = itemsOf(context, source);
    if (found.length === 0) return { kind: 'missing', source };
    items.push(...found);
  }
  const digest = (item: CopiedItem): string | undefined => digestOf(context, item, isAdd, rules);
  const parts = items.map(digest);
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length)
    return { kind: 'unknown', why: 'an archive is of a form that is not read here' };
  const [only] = items;
  const renamed = only && items.length === 1 ? renamedItem(context, only, destination) : undefined;
  const other = renamed && digest(renamed);
  const texts = [textOf(known), ...(other === undefined ? [] : [other])];
  return { kind: 'digests', texts: [...new Set(texts)], changed: changedOf(context, items) };
}

/** A file gets the destination's name where that is no directory yet. */
function renamedItem(context: SentContext, item: CopiedItem, destination: string): CopiedItem | undefined {
  const name = path.posix.basename(destination);
  const isFile = context.nodeAt(item.path)?.kind !== 'directory';
  return isFile && !destination.endsWith('/') && name !== '' && name !== item.name
    ? { ...item, name }
    : undefined;
}

function digestOf(
  context: SentContext,
  item: CopiedItem,
  isAdd: boolean,
  rules: CopyRules,
): string | undefined {
  if (context.nodeAt(item.path)?.kind === 'directory') return `dir:${itemDigest(context, item, rules)}`;
  if (!isAdd || !isArchive(context.onDisk(item.path))) return `file:${itemDigest(context, item, rules)}`;
  const digest = archiveDigest(context.onDisk(item.path));
  return digest && `file:${digest}`;
}

function textOf(parts: readonly string[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return `multi:${createHash('sha256').update(parts.join(',')).digest('hex')}`;
}

/** The files and directories that a source stands for. */
export function itemsOf(context: SentContext, source: string): readonly CopiedItem[] {
  const clean = namesOf(source).join('/');
  const paths = hasWildcard(source) ? [...walk(context, '')].filter((each) => goMatch(clean, each)) : [clean];
  return paths.flatMap((each) => {
    const real = followLinks(context, each);
    if (real === undefined || context.nodeAt(real) === undefined) return [];
    return [{ path: real, name: path.posix.basename(each) }];
  });
}

function changedOf(context: SentContext, items: readonly CopiedItem[]): number {
  let latest = 0;
  for (const item of items) {
    const paths = context.nodeAt(item.path)?.kind === 'directory' ? walk(context, item.path) : [item.path];
    for (const each of paths) latest = Math.max(latest, context.statsAt(each)?.ctimeMs ?? 0);
  }
  return latest;
}
