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
  const [place] = entry.kind === 'leaf' ? [entry.place] : entry.parts;
  const content = (entry.kind === 'leaf' ? entry.content : entry.listed) ?? place ?? nowhere;
  const common = {
    path,
    name: entry.name,
    layer: (place ?? content).layer,
    contentLayer: content.layer,
    contentNode: content.node,
  };
  const index = layers[content.layer];
  const isImplied = entry.kind === 'directory' && entry.listed === undefined;
  if (index === undefined || isImplied) return { ...common, ...impliedAttributes };
  return { ...common, ...attributesOf(index, content.node) };
}

const nowhere: LayerNode = { layer: 0, node: 0 };

/** What container engines give a directory that no layer lists. */
const impliedAttributes = { type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 } as const;

type Attributes = Omit<RootfsEntry, 'path' | 'name' | 'layer' | 'contentLayer' | 'contentNode'>;

function attributesOf(index: LayerIndex, node: number): Attributes {
  const type = index.type(node);
  const linkTarget = type === 'symlink' ? index.linkTarget(node) : undefined;
  const device = type === 'char' || type === 'block' ? index.device(node) : undefined;
  const xattrs = index.xattrs(node);
  return {
    type,
    mode: index.mode(node),
    uid: index.uid(node),
    gid: index.gid(node),
    size: index.size(node),
    mtime: index.mtime(node),
    ...(linkTarget === undefined ? undefined : { linkTarget }),
    ...(device === undefined ? undefined : { device }),
    ...(xattrs === undefined ? undefined : { xattrs }),
  };
}
