import type { BlobPlace } from '../archive/remoteBlob.ts';
import type { Descriptor } from '../oci/descriptor.ts';

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
