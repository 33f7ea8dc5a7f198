import { type ByteName, byteName } from '../../base/layerPath.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { type ContextDirectory, type ContextNode, type FileVersion, unsettled } from './contextFile.ts';

/**
 * A hashed context as text, to go on with in the next session: a line with the version of this form and a hash of the
 * rest, and the tree as JSON. Names are byte strings, which JSON keeps as characters U+0000 to U+00FF.
 */
export function formatContextRecord(root: ContextDirectory): string {
  const json = JSON.stringify(toRow(root));
  return `${head(json)}\n${json}`;
}

/** Undefined when it is damaged, or of another version: the context is hashed anew. */
export function parseContextRecord(text: string): ContextDirectory | undefined {
  const end = text.indexOf('\n');
  const json = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== head(json)) return undefined;
  // The hash has proved that we wrote it.
  const root = fromRow(JSON.parse(json) as Row);
  return root.kind === 'directory' ? root : undefined;
}

function head(json: string): string {
  return `lamina-context 3 ${sha256(json)}`;
}

/** A directory's mode and children, a link's target and version, or a file's version; of one with extended attributes `x`. */
type Row =
  | readonly ['d', Sha256, number, readonly (readonly [string, Row])[]]
  | readonly ['l', Sha256, string, ...Version]
  | readonly ['f' | 'x', Sha256, ...Version];
/** Times and inode in decimal digits: JSON's numbers would not hold them. */
type Version = readonly [size: number, mtimeNs: string, ctimeNs: string, inode: string, mode: number];

function toRow(node: ContextNode): Row {
  if (node.kind === 'directory')
    return [
      'd',
      node.own,
      node.mode,
      [...node.children].map(([name, child]) => [name, toRow(child)] as const),
    ];
  const version = fromVersion(node.version);
  return node.kind === 'link'
    ? ['l', node.own, node.target, ...version]
    : [node.hasXattrs === true ? 'x' : 'f', node.own, ...version];
}

function fromRow(row: Row): ContextNode {
  if (row[0] === 'd') {
    const [, own, mode, rows] = row;
    const children = new Map(
      rows.map(([name, child]): [ByteName, ContextNode] => [byteName(name), fromRow(child)]),
    );
    return { kind: 'directory', own, mode, ctimeNs: unsettled, children };
  }
  if (row[0] === 'l') {
    const [, own, target, ...version] = row;
    return { kind: 'link', own, target: byteName(target), version: toVersion(version) };
  }
  const [kind, own, ...version] = row;
  return { kind: 'file', own, version: toVersion(version), ...(kind === 'x' && { hasXattrs: true }) };
}

function fromVersion({ size, mtimeNs, ctimeNs, inode, mode }: FileVersion): Version {
  return [size, String(mtimeNs), String(ctimeNs), String(inode), mode];
}

function toVersion([size, mtimeNs, ctimeNs, inode, mode]: Version): FileVersion {
  return { size, mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs), inode: BigInt(inode), mode };
}
