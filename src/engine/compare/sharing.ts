import type { ChainId, DiffId } from '../oci/digest.ts';
import type { Image } from '../sources/image.ts';

/** What several images share, by docker's measure and by content. Sizes are docker's SIZE of layers, in bytes. */
export interface SharingReport {
  /** In the order given. */
  readonly images: readonly ImageSharing[];
  /** Every layer, by diffID: a row each, columns are the images. Lowest and most shared first. */
  readonly layers: readonly SharedLayer[];
  /** All layers by chain ID, each once: the headline of `docker system df`. */
  readonly chainBytes: number;
  /** All layers by diffID, each once: what a registry or a content store would hold, unpacked. */
  readonly contentBytes: number;
  /** `transfers[from][to]`: what has to be sent to somebody who has image `from`, to give him image `to`. */
  readonly transfers: readonly (readonly TransferCost[])[];
  /** Pairs of images with the same changes in another order. */
  readonly reordered: readonly ReorderedPair[];
}

export interface ImageSharing {
  readonly image: Image;
  /** Docker's SIZE. */
  readonly size: number;
  /** Bytes of layers whose chain ID another image uses too (SHARED SIZE of `docker system df -v`). */
  readonly shared: number;
  /** SIZE − SHARED. */
  readonly unique: number;
  /** Bytes of layers whose content (diffID) another image has, at any place. */
  readonly sharedByContent: number;
  readonly uniqueByContent: number;
  /** What has to be sent to somebody who has none of these images. */
  readonly whole: TransferCost;
}

export interface SharedLayer {
  readonly diffId: DiffId | undefined;
  readonly size: number;
  /** As stored, where known. */
  readonly compressedSize: number | undefined;
  readonly createdBy: string | undefined;
  readonly places: readonly SharedPlace[];
  /**
   * The first row whose layer makes the same changes: other bytes, so another diffID, but only the times differ. A
   * builder that copies the same file onto another layer makes such a layer, because the directories above the file
   * come with it, and their times are those of the build.
   */
  readonly sameFilesAs: number | undefined;
}

export interface SharedPlace {
  /** Position of the image in the report. */
  readonly image: number;
  readonly layer: number;
  readonly chainId: ChainId | undefined;
  /** Whether another image has the same chain here: docker shares it. */
  readonly isChainShared: boolean;
}

export interface TransferCost {
  /** Unpacked, by diffID. */
  readonly bytes: number;
  /** As stored, where every layer says so. */
  readonly compressedBytes: number | undefined;
  readonly layers: number;
}

/** The same changes above the common base in another order: other chains, other layers for docker. */
export interface ReorderedPair {
  readonly images: readonly [number, number];
  /** Layers both begin with. */
  readonly commonBase: number;
  /** The layers of the first image above the base, lowest first, each with the second one's. */
  readonly layers: readonly MatchedLayers[];
  /** Those of them that are the same to the byte. */
  readonly diffIds: readonly DiffId[];
}

export interface MatchedLayers {
  /** Positions in the two images. */
  readonly places: readonly [number, number];
  /** Whether they are one layer by diffID; else only the times differ. */
  readonly isSameLayer: boolean;
}
