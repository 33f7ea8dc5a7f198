import type { ByteName } from '../base/layerPath.ts';
import type { NodeId } from '../layers/layerIndex.ts';

/** A node of one layer of a stack. */
export interface LayerNode {
  /** Position in the stack, lowest 0. */
  readonly layer: number;
  readonly node: NodeId;
}

/** What one name of a merged directory is. */
export type MergedEntry = MergedLeaf | MergedDirectory;

export interface MergedLeaf {
  readonly kind: 'leaf';
  readonly name: ByteName;
  /** The layer that put it here. */
  readonly place: LayerNode;
  /** Whose attributes and bytes it has: differs for hard links into lower layers. */
  readonly content: LayerNode;
}

export interface MergedDirectory {
  readonly kind: 'directory';
  readonly name: ByteName;
  /** The layers whose children are seen, highest first; never empty. */
  readonly parts: readonly LayerNode[];
  /** The highest layer that lists the directory, whose attributes it has; undefined when it is only implied. */
  readonly listed: LayerNode | undefined;
}
