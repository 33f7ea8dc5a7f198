import type { ByteName } from '../../base/layerPath.ts';
import { type Sha256, sha256, sha256OfBytes } from '../sha256.ts';

/** A file system whose parts BuildKit hashes: a build context, or the root of a stage or image (build-cache.md §1.2). */
export type ContentNode = ContentDirectory | ContentFile | ContentLink;

export interface ContentDirectory {
  readonly kind: 'directory';
  /** Of its own header. */
  readonly own: Sha256;
  /** In byte order. */
  readonly children: ReadonlyMap<ByteName, ContentNode>;
}

/** Anything that is neither a directory nor a link. */
export interface ContentFile {
  readonly kind: 'file';
  /** Of its header and bytes. */
  readonly own: Sha256;
}

export interface ContentLink {
  readonly kind: 'link';
  readonly own: Sha256;
  readonly target: ByteName;
}

/** What of a file is hashed before its bytes. Neither its name nor its times count. */
export interface ContentHeader {
  readonly type: 'file' | 'directory' | 'link' | 'fifo' | 'char' | 'block';
  /** Permission bits, with set-ID and sticky. Those of a link do not count. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file; of all else it does not count. */
  readonly size: number;
  readonly target?: ByteName;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteName, ByteName>;
}

/** The root of a context that was uploaded as a folder counts as nothing; that of a stage, an image or a tar has a header. */
export const uploadedRoot: Sha256 = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The bytes that are hashed before a file's own. */
export function headerBytes({ type, mode, uid, gid, size, target, device, xattrs }: ContentHeader): string {
  const bits = type === 'link' ? 0o777 : mode & 0o7777;
  const { major, minor } = device ?? noDevice;
  return (
    `namemode${bits}uid${uid}gid${gid}size${type === 'file' ? size : 0}typeflag${typeFlags[type]}` +
    `linkname${target ?? ''}unamegnamedevmajor${major}devminor${minor}${xattrs ? xattrBytes(xattrs) : ''}`
  );
}

const noDevice = { major: 0, minor: 0 };

function xattrBytes(xattrs: ReadonlyMap<ByteName, ByteName>): string {
  return [...countedXattrs(xattrs)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flat()
    .join('');
}

/** Those that are part of a header. */
export function countedXattrs(xattrs: ReadonlyMap<ByteName, ByteName>): ReadonlyMap<ByteName, ByteName> {
  return new Map([...xattrs].filter(([name]) => counts(name)));
}

const typeFlags: Record<ContentHeader['type'], string> = {
  file: '0',
  link: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

function counts(name: ByteName): boolean {
  return name === 'security.capability' || !(name.startsWith('security.') || name.startsWith('system.'));
}

/** The digest of a header alone: of a directory, a link, or an empty file. */
export function headerDigest(header: ContentHeader): Sha256 {
  return sha256OfBytes([headerBytes(header)]);
}

const known = new WeakMap<ContentDirectory, Sha256>();

/** The digest of a file, or of a directory with all that is in it, names included. */
export function treeDigest(node: ContentNode): Sha256 {
  if (node.kind !== 'directory') return node.own;
  const digest = known.get(node) ?? directoryDigest(node);
  known.set(node, digest);
  return digest;
}

function directoryDigest({ own, children }: ContentDirectory): Sha256 {
  const parts = ['\0', own];
  for (const [name, child] of children) parts.push(`\0${name}`, treeDigest(child));
  return sha256OfBytes(parts);
}

/** The digest of nothing, as of a pattern without a match. */
export function digestOfNothing(): Sha256 {
  return sha256('');
}
