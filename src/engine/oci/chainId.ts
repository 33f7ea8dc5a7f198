import { type ChainId, type DiffId, digestOf } from './digest.ts';

/**
 * The chain IDs of a stack, one per layer, lowest first (image-spec, config.md, "Layer ChainID"). A layer without a
 * diffID, and those above it, have none.
 */
export function chainIdsOf(diffIds: readonly (DiffId | undefined)[]): readonly (ChainId | undefined)[] {
  const chain: (ChainId | undefined)[] = [];
  for (const [position, diffId] of diffIds.entries()) {
    const below = chain.at(-1);
    if (position === 0) chain.push(diffId as string | undefined as ChainId | undefined);
    else chain.push(below === undefined || diffId === undefined ? undefined : chained(below, diffId));
  }
  return chain;
}

function chained(below: ChainId, diffId: DiffId): ChainId {
  return digestOf(Buffer.from(`${below} ${diffId}`)) as string as ChainId;
}
