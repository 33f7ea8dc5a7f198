import type { LayerSummary } from './layerIndex.ts';
import { type LayerColumns, columnFlag } from './layerColumns.ts';
import { nodeType } from './layerTree.ts';

export type LayerCounts = Pick<
  LayerSummary,
  'files' | 'directories' | 'others' | 'whiteouts' | 'contentSize' | 'size'
>;

/** Counts what a layer has and removes, each inode's bytes once; the root is not counted. */
export function summarizeLayer(columns: LayerColumns): LayerCounts {
  const { flags, modes, sizes } = columns;
  const further = furtherNames(columns);
  const byType = [0, 0, 0, 0, 0, 0, 0];
  let [whiteouts, contentSize, targetSize] = [0, 0, 0];
  for (let node = 0; node < flags.length; node++) {
    const flag = flags[node] ?? 0;
    if ((flag & columnFlag.isWhiteout) !== 0) whiteouts++;
    if ((flag & columnFlag.isOpaque) !== 0) whiteouts++;
    if ((flag & columnFlag.hasEntry) === 0) continue;
    const type = (modes[node] ?? 0) >> 12;
    if (node > 0) byType[type] = (byType[type] ?? 0) + 1;
    if (further.has(node)) continue;
    if (type === nodeType.file) contentSize += sizes[node] ?? 0;
    if (type === nodeType.symlink) targetSize += targetLength(columns, node);
  }
  const [, files = 0, directories = 0, ...rest] = byType;
  const others = rest.reduce((sum, count) => sum + count, 0);
  return { files, directories, others, whiteouts, contentSize, size: contentSize + targetSize };
}

/** Nodes whose inode has a name before them. */
function furtherNames({ linkedNodes, linkGroups }: LayerColumns): ReadonlySet<number> {
  const further = new Set<number>();
  linkedNodes.forEach((node, at) => {
    if (linkGroups[at] !== node) further.add(node);
  });
  return further;
}

function targetLength({ payloads, targetEnds }: LayerColumns, node: number): number {
  const target = payloads[node] ?? 0;
  return (targetEnds[target] ?? 0) - (target === 0 ? 0 : (targetEnds[target - 1] ?? 0));
}
