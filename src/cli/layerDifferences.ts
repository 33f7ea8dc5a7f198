import type { Layer } from '../engine/index.ts';

/** What is compared of a layer. */
export interface ComparedLayer extends Pick<Layer, 'position' | 'diffId' | 'chainId'> {
  readonly history: { readonly createdBy?: string | undefined } | undefined;
}

/** A layer of two images' stacks. */
export interface LayerDifference {
  readonly in: 'both' | 'a' | 'b';
  /** Position in the image, or in both. */
  readonly layer: number;
  readonly diffId: string | null;
  readonly createdBy: string | null;
  /** Where the other image has the same layer, when not at the same place on the same layers. */
  readonly elsewhere?: number;
}

/** The layers both begin with, then those of the first image, then those of the second. */
export function layerDifferences(
  one: readonly ComparedLayer[],
  other: readonly ComparedLayer[],
): readonly LayerDifference[] {
  const base = one.findIndex(({ chainId }, at) => chainId === undefined || chainId !== other[at]?.chainId);
  const common = base < 0 ? one.length : base;
  return [
    ...one.slice(0, common).map((layer) => difference('both', layer)),
    ...one.slice(common).map((layer) => difference('a', layer, other)),
    ...other.slice(common).map((layer) => difference('b', layer, one)),
  ];
}

/** One line. */
export function layerDifferenceRow({
  in: where,
  layer,
  diffId,
  createdBy,
  elsewhere,
}: LayerDifference): string {
  const also = elsewhere === undefined ? '' : ` (layer ${elsewhere} of the other)`;
  const id = diffId?.slice(7, 19) ?? '<unknown>   ';
  return `${marks[where]} ${String(layer).padStart(3)} ${id}${also} ${oneLine(createdBy ?? '')}`.trimEnd();
}

const marks = { both: '=', a: '-', b: '+' } as const;

function difference(
  where: LayerDifference['in'],
  layer: ComparedLayer,
  other?: readonly ComparedLayer[],
): LayerDifference {
  const like = layer.diffId && other?.find(({ diffId }) => diffId === layer.diffId);
  return {
    in: where,
    layer: layer.position,
    diffId: layer.diffId ?? null,
    createdBy: layer.history?.createdBy ?? null,
    ...(like && { elsewhere: like.position }),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
