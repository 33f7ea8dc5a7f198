import { baseName, type ByteName, joinPath, type LayerPath, rootPath, toText } from '../../base/layerPath.ts';
import { type Sha256, sha256OfBytes } from '../sha256.ts';
import { type ContentDirectory, type ContentNode, digestOfNothing, treeDigest } from './contentTree.ts';
import { goMatch, hasWildcard } from './goMatch.ts';
import { resolveContent } from './resolveContent.ts';

/**
 * How BuildKit lists what a pattern matches, by its version: up to 0.8 directories count with all that is in them; from
 * 0.9 to 0.25 entries are called by their base names, and links are followed; from 0.26 on by their path below the part
 * without wildcards (build-cache.md §1.2).
 */
export type MatchStyle = '0.8' | '0.9' | '0.26';

/** A source with wildcards or filters. */
export interface MatchedSource {
  /** As written, made absolute and clean. */
  readonly path: LayerPath;
  /** Of a path below what the source matched, without a leading `/`; empty for that itself. */
  readonly isWanted: (path: string) => boolean;
  /** What `isWanted` was made of: a source that a worker is asked about is made of it again (`matchedSource`). */
  readonly filter?: SourceFilter;
}

/** What of a source's files is wanted, by patterns as in an ignore file: those of `--parents` and of `--exclude`. */
export interface SourceFilter {
  /** Only these; everything when there are none. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

interface Listed {
  readonly path: LayerPath;
  readonly digest: Sha256;
}

/** A directory above what is listed: it is listed before the first thing in it. */
interface Heading extends Listed {
  isListed: boolean;
}

/** The digest of all that a source with wildcards or filters matches. */
export function matchedDigest(root: ContentDirectory, source: MatchedSource, style: MatchStyle): Sha256 {
  const { base, pattern } = splitAtWildcard(source.path);
  const listed = new Matches(root, source, style, pattern).under(base);
  const [only, second] = listed;
  if (only === undefined) return digestOfNothing();
  if (second === undefined && baseName(only.path) === baseName(source.path)) return only.digest;
  return sha256OfBytes(listed.flatMap(({ path, digest }, at) => [nameOf(path, at, base, style), digest]));
}

function nameOf(path: LayerPath, at: number, base: LayerPath, style: MatchStyle): string {
  if (style !== '0.26') return `${at > 0 ? '\0' : ''}${baseName(path)}`;
  const below = path.slice(base === rootPath ? 0 : base.length);
  return below.replaceAll('/', '\0') || '\0';
}

/** The part without wildcards, and all of it as a pattern where there are any. */
export function splitAtWildcard(path: LayerPath): {
  readonly base: LayerPath;
  readonly pattern?: readonly string[];
} {
  const parts = path === rootPath ? [] : path.slice(1).split('/');
  const first = parts.findIndex((part) => hasWildcard(toText(part)));
  if (first < 0) return { base: path };
  const pattern = parts.map((part) => toText(part as ByteName));
  return { base: `/${parts.slice(0, first).join('/')}` as LayerPath, pattern };
}

/** One walk over what a source may match. */
class Matches {
  readonly #root: ContentDirectory;
  readonly #isWanted: (path: string) => boolean;
  readonly #style: MatchStyle;
  readonly #pattern: readonly string[] | undefined;
  readonly #listed: Listed[] = [];

  constructor(
    root: ContentDirectory,
    { isWanted }: MatchedSource,
    style: MatchStyle,
    pattern?: readonly string[],
  ) {
    this.#root = root;
    this.#isWanted = isWanted;
    this.#style = style;
    this.#pattern = pattern;
  }

  under(base: LayerPath): readonly Listed[] {
    const start = resolveContent(this.#root, base);
    if (start === undefined) return [];
    if (this.#pattern === undefined) this.#visit(base, start, base, []);
    else if (start.kind === 'directory')
      for (const [name, child] of start.children) this.#search(joinPath(base, name), child);
    return this.#listed;
  }

  /** Looks for what the pattern matches. */
  #search(path: LayerPath, node: ContentNode): void {
    const parts = path.slice(1).split('/');
    const pattern = this.#pattern ?? [];
    if (!goMatch(pattern[parts.length - 1] ?? '', toText(parts.at(-1) as ByteName))) return;
    if (parts.length === pattern.length) this.#visit(path, node, path, []);
    else if (node.kind === 'directory')
      for (const [name, child] of node.children) this.#search(joinPath(path, name), child);
  }

  /** @param top what the source matched. */
  #visit(path: LayerPath, node: ContentNode, top: LayerPath, above: readonly Heading[]): void {
    const isWanted = this.#isWanted(toText(path.slice(top.length).replace(/^\//, '')));
    if (this.#style === '0.8' && isWanted) this.#list(above, path, this.#followed(path, node));
    else if (node.kind === 'directory') this.#visitDirectory(path, node, top, above, isWanted);
    else if (isWanted) {
      const isFollowed = node.kind === 'link' && (this.#style === '0.9' || above.length === 0);
      this.#list(above, path, isFollowed ? this.#followed(path, node) : node.own);
    }
  }

  #visitDirectory(
    path: LayerPath,
    node: ContentDirectory,
    top: LayerPath,
    above: readonly Heading[],
    isWanted: boolean,
  ): void {
    const isRoot = path === rootPath;
    const heading = { path, digest: node.own, isListed: false };
    if (isWanted && !isRoot) {
      this.#list(above, path, node.own);
      heading.isListed = true;
    }
    const headings = isRoot ? above : [...above, heading];
    for (const [name, child] of node.children) this.#visit(joinPath(path, name), child, top, headings);
  }

  #followed(path: LayerPath, node: ContentNode): Sha256 {
    return treeDigest(node.kind === 'link' ? (resolveContent(this.#root, path) ?? node) : node);
  }

  #list(above: readonly Heading[], path: LayerPath, digest: Sha256): void {
    for (const heading of this.#style === '0.8' ? [] : above) {
      if (!heading.isListed) this.#listed.push(heading);
      heading.isListed = true;
    }
    this.#listed.push({ path, digest });
  }
}
