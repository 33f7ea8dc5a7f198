import { createHash } from 'node:crypto';
import { isEngineError } from '../../base/errors.ts';
import type { Pacer } from '../../base/abort.ts';
import { goMatch, hasWildcard } from '../contentKey/goMatch.ts';
import { cleanPath } from '../ignorefile/cleanPath.ts';
import type { SentContext } from './sentContext.ts';

/** What the classic builder prints for the sources of a COPY, or why it will not come to that. */
export type CopySum =
  | { readonly kind: 'sum'; readonly text: string; readonly files: readonly SummedFile[] }
  | { readonly kind: 'missing'; readonly source: string }
  | { readonly kind: 'unreadable'; readonly path: string };

/** One path that went into a sum: below the context, byte string. */
export interface SummedFile {
  readonly path: string;
  readonly sum: string;
}

/**
 * The text that stands for the sources in `COPY <text> in <destination>`: `file:…`, `dir:…` or `multi:…`
 * (build-cache.md §2.1).
 *
 * @param sources variables replaced, otherwise as written; byte strings.
 * @throws EngineError `cancelled`.
 */
export async function copySum(
  context: SentContext,
  sources: readonly string[],
  pacer: Pacer,
): Promise<CopySum> {
  const parts: Part[] = [];
  try {
    for (const source of sources) {
      const paths = pathsOf(context, source);
      if (paths.length === 0) return { kind: 'missing', source };
      for (const path of paths) parts.push(await partAt(context, path, pacer));
    }
  } catch (error) {
    if (isEngineError(error) && error.code !== 'cancelled')
      return { kind: 'unreadable', path: error.subject };
    throw error;
  }
  return { kind: 'sum', text: textOf(parts), files: parts.flatMap(({ files }) => files) };
}

interface Part {
  readonly text: string;
  readonly files: readonly SummedFile[];
}

function textOf(parts: readonly Part[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.text;
  return sumOfList(
    'multi',
    parts.map(({ text }) => text),
  );
}

/** What a source stands for, links followed: every path of the context is compared with a whole pattern. */
function pathsOf(context: SentContext, written: string): readonly string[] {
  const source = written.replace(/^\//, '').replace(/^\.\//, '');
  const paths = hasWildcard(source)
    ? [...walkBelow(context, '')].filter((path) => goMatch(source, path))
    : [source];
  return paths.flatMap((path) => {
    const real = followLinks(context, path);
    return real === undefined || context.nodeAt(real) === undefined ? [] : [real];
  });
}

async function partAt(context: SentContext, path: string, pacer: Pacer): Promise<Part> {
  const isDirectory = context.nodeAt(path)?.kind === 'directory';
  if (!isDirectory) {
    const sum = sumAt(context, path);
    return { text: `file:${sum}`, files: [{ path, sum }] };
  }
  const files: SummedFile[] = [];
  const add = (each: string): unknown => files.push({ path: each, sum: sumAt(context, each) });
  if (path !== '') add(path);
  for (const each of walkBelow(context, path)) {
    const breath = pacer.breathe();
    if (breath !== undefined) await breath;
    add(each);
  }
  return { text: sumOfList('dir', files.map(({ sum }) => sum).sort()), files };
}

/** Of a link that of what it leads to. What was not sent, and a link that leads nowhere, count by their path. */
function sumAt(context: SentContext, path: string): string {
  const real = followLinks(context, path);
  const node = real === undefined ? undefined : context.nodeAt(real);
  if (real === undefined || node === undefined) return path;
  if (node.kind === 'directory' && (!node.isSent || real === '')) return path;
  return context.sumOf(real) ?? path;
}

/** Everything below a directory that is sent, each before what is in it, in the order of Go's walk. */
export function* walkBelow(context: SentContext, directory: string): Generator<string> {
  const open = context.nodeAt(directory)?.kind === 'directory' ? pathsIn(context, directory).reverse() : [];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    yield path;
    if (context.nodeAt(path)?.kind === 'directory') open.push(...pathsIn(context, path).reverse());
  }
}

function pathsIn(context: SentContext, directory: string): string[] {
  return context.namesIn(directory).map((name) => (directory === '' ? name : `${directory}/${name}`));
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
    const node = name === '..' ? undefined : context.nodeAt([...at, name].join('/'));
    if (name === '..') at = at.slice(0, -1);
    else if (node?.kind !== 'link') at = [...at, name];
    else if (++links > maxLinks) return undefined;
    else {
      if (node.target.startsWith('/')) at = [];
      open = [...node.target.split('/').filter((part) => part !== '' && part !== '.'), ...open];
    }
  }
}

/** The names of a path as it is written, from the context's root. */
export function namesOf(path: string): readonly string[] {
  return cleanPath(`/${path}`)
    .split('/')
    .filter((name) => name !== '');
}

function sumOfList(prefix: string, sums: readonly string[]): string {
  return `${prefix}:${createHash('sha256').update(sums.join(','), 'latin1').digest('hex')}`;
}
