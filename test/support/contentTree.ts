import { createHash } from 'node:crypto';
import { type ByteName, byteName } from '../../src/engine/base/layerPath.ts';
import {
  type ContentDirectory,
  type ContentHeader,
  type ContentNode,
  headerBytes,
  headerDigest,
  uploadedRoot,
} from '../../src/engine/build/contentKey/contentTree.ts';
import type { Sha256 } from '../../src/engine/build/sha256.ts';

/** `a/b/`: a directory; `->x`: a link; else the text of a file. Directories above are made. */
export type ContentLiteral = Readonly<
  Record<string, string | { readonly text: string; readonly mode: number }>
>;

/** A tree of what a literal says, as a docker client uploads it: all of root, the root itself without a header. */
export function contentTree(literal: ContentLiteral, rootHeader?: ContentHeader): ContentDirectory {
  const root = directory(rootHeader === undefined ? uploadedRoot : headerDigest(rootHeader));
  for (const [path, value] of Object.entries(literal))
    put(root, path.replace(/\/$/, '').split('/'), value, path);
  return sorted(root);
}

export const plainHeader = { uid: 0, gid: 0, size: 0 };

interface Draft extends ContentDirectory {
  readonly children: Map<ByteName, ContentNode>;
}

function directory(own: Sha256 = headerDigest({ ...plainHeader, type: 'directory', mode: 0o755 })): Draft {
  return { kind: 'directory', own, children: new Map() };
}

function put(root: Draft, parts: readonly string[], value: ContentLiteral[string], path: string): void {
  let at = root;
  for (const part of parts.slice(0, -1)) {
    const name = byteName(part);
    const child = at.children.get(name) ?? directory();
    at.children.set(name, child);
    at = child as Draft;
  }
  const last = byteName(parts.at(-1) ?? '');
  const node = path.endsWith('/') ? directory() : leaf(value);
  at.children.set(last, node);
}

function leaf(value: ContentLiteral[string]): ContentNode {
  const { text, mode } = typeof value === 'string' ? { text: value, mode: 0o644 } : value;
  if (text.startsWith('->')) {
    const target = byteName(text.slice(2));
    const own = headerDigest({ ...plainHeader, type: 'link', mode: 0o777, target });
    return { kind: 'link', own, target };
  }
  const hash = createHash('sha256');
  hash.update(headerBytes({ ...plainHeader, type: 'file', mode, size: Buffer.byteLength(text) }), 'latin1');
  return { kind: 'file', own: `sha256:${hash.update(text).digest('hex')}` };
}

function sorted(node: ContentDirectory): ContentDirectory {
  const children = [...node.children]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, child]) => [name, child.kind === 'directory' ? sorted(child) : child] as const);
  return { ...node, children: new Map(children) };
}
