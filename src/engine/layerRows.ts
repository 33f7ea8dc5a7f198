import type { LayerRow } from './engineContract.ts';
import type { Problem } from './base/problem.ts';
import { LayerChanges } from './compare/layerChanges.ts';
import type { LayerIndex } from './layers/layerIndex.ts';
import type { ChangeKind } from './rootfs/rootfs.ts';
import { createUnionView } from './rootfs/unionView.ts';
import type { Image, Layer } from './sources/image.ts';

/** One row per layer, lowest first. */
export function layerRowsOf(image: Image, stack: readonly LayerIndex[]): readonly LayerRow[] {
  const problems = createUnionView(stack).problems();
  return image.layers.flatMap((layer) => {
    const index = stack[layer.position];
    return index === undefined ? [] : [rowOf(layer, index, stack.slice(0, layer.position + 1), problems)];
  });
}

function rowOf(
  { position, blob, diffId, chainId, history }: Layer,
  { summary }: LayerIndex,
  stack: readonly LayerIndex[],
  problems: readonly Problem[],
): LayerRow {
  return {
    index: position,
    diffId,
    chainId,
    digest: blob.descriptor?.digest,
    mediaType: blob.descriptor?.mediaType,
    compressedSize: blob.location?.size ?? blob.descriptor?.size,
    size: summary.size,
    contentSize: summary.contentSize,
    createdBy: history?.createdBy,
    created: history?.created,
    entries: summary.entryCount,
    ...countChanges(stack),
    problems: problems.filter(({ layer }) => layer === position),
  };
}

function countChanges(stack: readonly LayerIndex[]): Readonly<Record<ChangeKind, number>> {
  const counts = { added: 0, modified: 0, removed: 0 };
  for (const change of new LayerChanges(stack).all()) if (change.isOwn) counts[change.kind]++;
  return counts;
}
