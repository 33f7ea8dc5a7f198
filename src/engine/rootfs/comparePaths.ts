import type { LayerPath } from '../base/layerPath.ts';

/** Depth first, names by their bytes: a directory comes right before what is in it. Negative when `a` comes first. */
export function comparePaths(a: LayerPath, b: LayerPath): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one === other) continue;
    if (one === slash) return -1;
    return other === slash ? 1 : one - other;
  }
  return a.length - b.length;
}

const slash = 0x2f;
