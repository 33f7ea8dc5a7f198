import type { BlobLocation } from '../archive/blobLocation.ts';
import type { BlobPlace } from '../archive/remoteBlob.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import type { BlobKind, ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';
import type { Descriptor } from '../oci/descriptor.ts';

export interface PlanRequest {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  /** One platform only; without it, all that the entry names. */
  readonly variant?: ImageVariant;
  /** For an archive that names no digests, whose plain layers are to travel packed. Without it they stay as they are. */
  readonly packLayer?: PackLayer;
}

/**
 * Packs a plain layer with gzip, checked against its diffID where one is claimed.
 *
 * @throws EngineError `digest-mismatch`, `no-space`, `cancelled`.
 */
export type PackLayer = (
  layer: BlobLocation,
  diffId: DiffId | undefined,
  options?: CallOptions,
) => Promise<PackedLayer>;

export interface PackedLayer {
  readonly location: BlobLocation;
  /** Of the packed bytes. */
  readonly digest: Digest;
}

/** All that has to be moved to move one image: what a name points to, and every blob it leads to. */
export interface ImagePlan {
  /** What `index.json` is to name. */
  readonly target: Descriptor;
  /** Each once; what a document refers to comes before it. */
  readonly blobs: readonly PlannedBlob[];
  /** The image manifests among them, in the order of their index. */
  readonly manifests: readonly PlannedManifest[];
}

export interface PlannedBlob {
  /** Registries keep manifests and indexes apart from what those name. */
  readonly kind: BlobKind;
  readonly descriptor: Descriptor;
  /** Where the bytes are: in a file, elsewhere, or here. */
  readonly from: BlobPlace | Uint8Array;
}

export interface PlannedManifest {
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  /** Lowest first. Foreign layers that the source lacks are among them. */
  readonly layers: readonly Descriptor[];
}
