import type { Image, Layer } from '../sources/image.ts';
import type { MatchedLayers, ReorderedPair } from './sharing.ts';

/** What a layer does, by name: equal for layers that make the same changes. */
export type ChangesKey = (image: Image, layer: Layer) => string;

/** Pairs of images that make the same changes above what they both begin with, in another order. */
export function reorderedPairs(images: readonly Image[], changesKey: ChangesKey): readonly ReorderedPair[] {
  return images.flatMap((one, first) =>
    images.slice(first + 1).flatMap((other, more) => {
      const commonBase = commonBaseOf(one, other);
      const layers = matchLayers(one, other, commonBase, changesKey);
      if (layers === undefined || isInOrder(layers)) return [];
      const diffIds = layers.flatMap(({ places, isSameLayer }) =>
        isSameLayer ? (one.layers[places[0]]?.diffId ?? []) : [],
      );
      return [{ images: [first, first + 1 + more] as const, commonBase, layers, diffIds }];
    }),
  );
}

/** How many layers both begin with. */
function commonBaseOf(one: Image, other: Image): number {
  const differs = one.layers.findIndex(
    ({ chainId }, at) => chainId === undefined || chainId !== other.layers[at]?.chainId,
  );
  return differs < 0 ? one.layers.length : differs;
}

/** Each layer above the base with its like in the other image; undefined when one of them has something of its own. */
function matchLayers(
  one: Image,
  other: Image,
  base: number,
  changesKey: ChangesKey,
): readonly MatchedLayers[] | undefined {
  const left = [...other.layers.slice(base)];
  const matched: MatchedLayers[] = [];
  for (const layer of one.layers.slice(base)) {
    const at = left.findIndex((like) => changesKey(other, like) === changesKey(one, layer));
    const [like] = at < 0 ? [] : left.splice(at, 1);
    if (like === undefined) return undefined;
    const isSameLayer = layer.diffId !== undefined && layer.diffId === like.diffId;
    matched.push({ places: [layer.position, like.position], isSameLayer });
  }
  return left.length === 0 ? matched : undefined;
}

function isInOrder(layers: readonly MatchedLayers[]): boolean {
  return layers.every(({ places }) => places[0] === places[1]);
}
