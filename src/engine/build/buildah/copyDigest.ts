import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Pacer } from '../../base/abort.ts';
import { isEngineError } from '../../base/errors.ts';
import { followLinks, namesOf, type SummedFile, walkBelow } from '../classic/copySum.ts';
import type { SentContext } from '../classic/sentContext.ts';
import { goMatch, hasWildcard } from '../contentKey/goMatch.ts';
import { archiveDigest, isArchive } from './archiveDigest.ts';
import { type CopiedItem, type CopiedTar, copiedTar, type CopyRules } from './copiedFiles.ts';

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
      readonly files: readonly SummedFile[];
      /** When anything of it was changed last, its attributes included; milliseconds. */
      readonly changed: number;
    }
  | { readonly kind: 'missing'; readonly source: string }
  | { readonly kind: 'unreadable'; readonly path: string }
  /** Extended attributes were asked for, and cannot be read here. */
  | { readonly kind: 'no-attributes' }
  /** It cannot be computed, and why. */
  | { readonly kind: 'unknown'; readonly why: string };

/** @throws EngineError `cancelled`. */
export async function copyDigests(
  context: SentContext,
  question: CopyQuestion,
  rules: CopyRules,
  pacer: Pacer,
): Promise<CopyAnswer> {
  const items: CopiedItem[] = [];
  for (const source of question.sources) {
    const found = itemsOf(context, source);
    if (found.length === 0) return { kind: 'missing', source };
    // `a[[]1].txt` matches `a[1].txt`, by which buildah then takes `a1.txt`.
    if (hasWildcard(source) && found.some((item) => hasWildcard(item.path)))
      return { kind: 'unknown', why: 'buildah takes the names that a pattern matches for patterns again' };
    items.push(...found);
  }
  try {
    return await new Digests(context, question, rules, pacer).of(items);
  } catch (error) {
    if (isEngineError(error) && error.code !== 'cancelled')
      return { kind: 'unreadable', path: error.subject };
    throw error;
  }
}

/** The files and directories that a source stands for. */
export function itemsOf(context: SentContext, source: string): readonly CopiedItem[] {
  const clean = namesOf(source).join('/');
  const isPattern = hasWildcard(source);
  const paths = isPattern ? [...walkBelow(context, '')].filter((each) => goMatch(clean, each)) : [clean];
  return paths.flatMap((each) => {
    const real = followLinks(context, each);
    if (real === undefined || context.nodeAt(real) === undefined) return [];
    return [{ path: real, name: path.posix.basename(each) }];
  });
}

class Digests {
  readonly #context: SentContext;
  readonly #question: CopyQuestion;
  readonly #rules: CopyRules;
  readonly #pacer: Pacer;

  constructor(context: SentContext, question: CopyQuestion, rules: CopyRules, pacer: Pacer) {
    this.#context = context;
    this.#question = question;
    this.#rules = rules;
    this.#pacer = pacer;
  }

  async of(items: readonly CopiedItem[]): Promise<CopyAnswer> {
    const parts: CopiedTar[] = [];
    for (const item of items) {
      const part = await this.#tarOf(item);
      if (part === undefined)
        return { kind: 'unknown', why: 'an archive is of a form that is not read here' };
      parts.push(part);
    }
    const [only] = items;
    const renamed = only && items.length === 1 ? this.#renamed(only) : undefined;
    const other = renamed && (await this.#tarOf(renamed));
    const texts = [textOf(parts), ...(other === undefined ? [] : [other.digest])];
    const files = parts.flatMap((part) => part.files);
    return { kind: 'digests', texts: [...new Set(texts)], files, changed: this.#changedOf(items) };
  }

  /** A file gets the destination's name where that is no directory yet. */
  #renamed(item: CopiedItem): CopiedItem | undefined {
    const { destination } = this.#question;
    const name = path.posix.basename(destination);
    const isFile = this.#context.nodeAt(item.path)?.kind !== 'directory';
    return isFile && !destination.endsWith('/') && name !== '' && name !== item.name
      ? { ...item, name }
      : undefined;
  }

  async #tarOf(item: CopiedItem): Promise<CopiedTar | undefined> {
    const isDirectory = this.#context.nodeAt(item.path)?.kind === 'directory';
    const place = this.#context.onDisk(item.path);
    const isFile = this.#context.statsAt(item.path)?.isFile() === true;
    if (isFile && this.#question.isAdd && isArchive(place)) {
      const digest = archiveDigest(place);
      return digest === undefined
        ? undefined
        : { digest: `file:${digest}`, files: [{ path: item.path, sum: digest }] };
    }
    const { digest, files } = await copiedTar(this.#context, item, this.#rules, this.#pacer);
    return { digest: `${isDirectory ? 'dir' : 'file'}:${digest}`, files };
  }

  #changedOf(items: readonly CopiedItem[]): number {
    let latest = 0;
    for (const { path: top } of items)
      for (const each of [top, ...walkBelow(this.#context, top)])
        latest = Math.max(latest, this.#context.statsAt(each)?.ctimeMs ?? 0);
    return latest;
  }
}

function textOf(parts: readonly CopiedTar[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.digest;
  const joined = parts.map(({ digest }) => digest).join(',');
  return `multi:${createHash('sha256').update(joined).digest('hex')}`;
}
