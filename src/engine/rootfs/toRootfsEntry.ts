import type { LayerPath } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import type { LayerNode, MergedEntry } from './mergedEntry.ts';
import type { RootfsEntry } from './rootfs.ts';

/** A merged entry as hosts see it. */
export function toRootfsEntry(
  layers: readonly LayerIndex[],
  entry: MergedEntry,
  path: LayerPath,
): RootfsEntry {
  const place = entry.kind === 'leaf' ? entry.place : (entry.parts[0] ?? nowhere);
  const content = entry.kind === 'leaf' ? entry.content : (entry.listed ?? place);
  const index = layers[content.layer];
  const isImplied = entry.kind === 'directory' && entry.listed === undefined;
  if (index === undefined || isImplied) return impliedDirectory(entry, path, place);
  const { node } = content;
  const described: Described = {
    path,
    name: entry.name,
    type: index.type(node),
    mode: index.mode(node),
    uid: index.uid(node),
    gid: index.gid(node),
    size: index.size(node),
    mtime: index.mtime(node),
    layer: place.layer,
    contentLayer: content.layer,
    contentNode: node,
  };
  addRareAttributes(described, index);
  return described;
}

type Described = { -readonly [Key in keyof RootfsEntry]: RootfsEntry[Key] };

const nowhere: LayerNode = { layer: 0, node: 0 };

/** What container engines give a directory that no layer lists. */
function impliedDirectory({ name }: MergedEntry, path: LayerPath, { layer, node }: LayerNode): RootfsEntry {
  const attributes = { type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 } as const;
  return { path, name, ...attributes, layer, contentLayer: layer, contentNode: node };
}

function addRareAttributes(entry: Described, index: LayerIndex): void {
  const linkTarget = entry.type === 'symlink' ? index.linkTarget(entry.contentNode) : undefined;
  if (linkTarget !== undefined) entry.linkTarget = linkTarget;
  const isDevice = entry.type === 'char' || entry.type === 'block';
  const device = isDevice ? index.device(entry.contentNode) : undefined;
  if (device !== undefined) entry.device = device;
  const xattrs = index.xattrs(entry.contentNode);
  if (xattrs !== undefined) entry.xattrs = xattrs;
}
