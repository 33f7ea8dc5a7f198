import { type ChainId, type DiffId, digestOf } from './digest.ts';

/** The chain IDs of a stack, one per layer, lowest first (image-spec, config.md, "Layer ChainID"). */
export function chainIdsOf(diffIds: readonly DiffId[]): readonly ChainId[] {
  const chain: ChainId[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      (below === undefined ? diffId : digestOf(Buffer.from(`${below} ${diffId}`))) as string as ChainId,
    );
  }
  return chain;
}
