import type { Problem } from '../base/problem.ts';
import type { ChainId, DiffId, ImageId } from '../oci/digest.ts';
import type { HistoryItem, ImageConfig } from '../oci/imageConfig.ts';
import type { Platform } from '../oci/platform.ts';
import type { ImageCore, LayerBlob } from './imageSource.ts';

/** An image with all that follows from its core: identity, layers with their stack names, history aligned to layers. */
export interface Image {
  /** Stable name for URIs and tree ids, 32 hex digits: of the source's location, the entry and the variant. */
  readonly id: string;
  readonly core: ImageCore;
  readonly names: readonly string[];
  /** Digest of the config; undefined when the config is missing. */
  readonly imageId: ImageId | undefined;
  readonly config: ImageConfig | undefined;
  readonly platform: Platform | undefined;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** Oldest first, empty steps included; never shorter than the layers ("no history entry" steps are added). */
  readonly steps: readonly HistoryStep[];
  readonly problems: readonly Problem[];
}

export interface Layer {
  /** From 0, lowest first. */
  readonly position: number;
  readonly blob: LayerBlob;
  readonly diffId: DiffId | undefined;
  readonly chainId: ChainId | undefined;
  /** The history item that made it; undefined when the history has none for it. */
  readonly history: HistoryItem | undefined;
}

export interface HistoryStep {
  readonly item: HistoryItem | undefined;
  /** The layer this step made; undefined for metadata steps and for history beyond the layers. */
  readonly layer: number | undefined;
}
