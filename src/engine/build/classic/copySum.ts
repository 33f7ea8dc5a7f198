import { createHash } from 'node:crypto';
import { goMatch } from '../contentKey/goMatch.ts';
import { hasWildcard } from '../contentKey/goMatch.ts';
import { cleanPath } from '../ignorefile/cleanPath.ts';
import type { SentContext } from './sentContext.ts';

/** What the classic builder prints for the sources of a COPY, or which of them is not there. */
export type CopySum =
  | { readonly kind: 'sum'; readonly text: string; readonly files: readonly SummedFile[] }
  | { readonly kind: 'missing'; readonly source: string };

/** One path that went into a sum: below the context, byte string. */
export interface SummedFile {
  readonly path: string;
  readonly sum: string;
}

/**
 * The text that stands for the sources in `COPY <text> in <destination>`: `file:…`, `dir:…` or `multi:…`
 * (build-cache.md §2.1).
 *
 * @param sources variables expanded, otherwise as written; byte strings.
 */
export function copySum(context: SentContext, sources: readonly string[]): CopySum {
  const parts: string[] = [];
  const files: SummedFile[] = [];
  for (const source of sources) {
    const found = partsOf(context, source);
    if (found.length === 0) return { kind: 'missing', source };
    for (const part of found) {
      parts.push(part.text);
      files.push(...part.files);
    }
  }
  const [only] = parts;
  return {
    kind: 'sum',
    text: parts.length === 1 && only !== undefined ? only : sumOfList('multi', parts),
    files,
  };
}

interface Part {
  readonly text: string;
  readonly files: readonly SummedFile[];
}

function partsOf(context: SentContext, written: string): readonly Part[] {
  const source = written.replace(/^\//, '').replace(/^\.\//, '');
  if (hasWildcard(source)) return matchesOf(context, source).flatMap((path) => partAt(context, path) ?? []);
  return [partAt(context, source)].filter((part) => part !== undefined);
}

/** Every path of the context is compared with the whole pattern, and what matches is taken whole. */
function matchesOf(context: SentContext, pattern: string): readonly string[] {
  const found: string[] = [];
  for (const path of walk(context, '')) if (goMatch(pattern, path)) found.push(path);
  return found;
}

/** Links on the way are followed, and the last one too. */
function partAt(context: SentContext, path: string): Part | undefined {
  const real = followLinks(context, path);
  const node = real === undefined ? undefined : context.nodeAt(real);
  if (real === undefined || node === undefined) return undefined;
  if (node.kind !== 'directory') return fileOf(context, real, 'file:');
  const files = [...(real === '' ? [] : [real]), ...walk(context, real)].map((each) => ({
    path: each,
    sum: sumAt(context, each),
  }));
  return { text: sumOfList('dir', files.map(({ sum }) => sum).sort()), files };
}

function fileOf(context: SentContext, path: string, prefix: string): Part {
  const sum = sumAt(context, path);
  return { text: `${prefix}${sum}`, files: [{ path, sum }] };
}

/** Of a link that of what it leads to. What was not sent, and a link that leads nowhere, count by their path. */
function sumAt(context: SentContext, path: string): string {
  const real = followLinks(context, path);
  const node = real === undefined ? undefined : context.nodeAt(real);
  if (real === undefined || node === undefined) return path;
  if (node.kind === 'directory' && (!node.isSent || real === '')) return path;
  return context.sumOf(real) ?? path;
}

function* walk(context: SentContext, directory: string): Generator<string> {
  for (const name of context.namesIn(directory)) {
    const path = directory === '' ? name : `${directory}/${name}`;
    yield path;
    if (context.nodeAt(path)?.kind === 'directory') yield* walk(context, path);
  }
}

const maxLinks = 255;

/** The path without links, kept below the context's root; undefined when links go round. */
export function followLinks(context: SentContext, written: string): string | undefined {
  let open = namesOf(written);
  let at: string[] = [];
  for (let links = 0; ;) {
    const [name, ...rest] = open;
    if (name === undefined) return at.join('/');
    open = rest;
    if (name === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const path = [...at, name].join('/');
    const node = context.nodeAt(path);
    if (node?.kind !== 'link') at = [...at, name];
    else if (++links > maxLinks) return undefined;
    else {
      if (node.target.startsWith('/')) at = [];
      open = [...node.target.split('/').filter((part) => part !== '' && part !== '.'), ...open];
    }
  }
}

export function namesOf(path: string): readonly string[] {
  return cleanPath(`/${path}`)
    .split('/')
    .filter((name) => name !== '');
}

function sumOfList(prefix: string, sums: readonly string[]): string {
  return `${prefix}:${createHash('sha256').update(sums.join(','), 'latin1').digest('hex')}`;
}
