import type { CallOptions } from '../base/progress.ts';
import type { Problem } from '../base/problem.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest, DiffId, ImageId } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { BlobPlace, RemoteBlob } from '../archive/remoteBlob.ts';

export type SourceKind =
  'docker-archive' | 'oci-archive' | 'oci' | 'dir' | 'store' | 'docker-daemon' | 'docker';

/**
 * A place where images are read: an archive, a layout, a store. Opened once and closed by whoever opened it.
 * A source knows names, manifests and where blobs lie; everything else is derived from that by shared code.
 */
export interface ImageSource extends AsyncDisposable {
  readonly kind: SourceKind;
  /** The path as the user named it; of an engine its endpoint (`unix:///run/docker.sock`), of a registry `docker://HOST/PATH:TAG`. */
  readonly location: string;
  /** What is wrong with the source as a whole. */
  readonly problems: readonly Problem[];
  /** The images, in the source's own order. Cheap after the first call. */
  list(options?: CallOptions): Promise<readonly ImageEntry[]>;
  /** Manifest, config and layers of one variant. Damage becomes problems; only what cannot be read at all throws. */
  resolve(entry: ImageEntry, variant: ImageVariant, options?: CallOptions): Promise<ImageCore>;
  /** Where a blob's bytes lie, or how they are brought here; undefined when the source lacks it. */
  locate(digest: Digest, kind?: BlobKind): Promise<BlobPlace | undefined>;
}

/** Registries keep manifests and indexes apart from other blobs; `blob` when left out. */
export type BlobKind = 'manifest' | 'blob';

/** One image of a source as `index.json` or `manifest.json` names it. */
export interface ImageEntry {
  /** Position in the source, from 0: the N of `@N`. An engine's changes with every pull; see `engineId`. */
  readonly position: number;
  /** Of an engine, the ID it knows the image by: the config's digest, or in containerd's store the target's. */
  readonly engineId?: string;
  /** Full names, such as `docker.io/library/nginx:1.27`, or as the source writes them; empty when untagged. */
  readonly names: readonly string[];
  /** What `index.json` names: an index or a manifest. Absent in archives that only have `manifest.json`. */
  readonly target?: Descriptor;
  /** The image manifests, one per platform, in the index's order. */
  readonly variants: readonly ImageVariant[];
  /** Attestations and artifacts: data beside the image, never offered as an image. */
  readonly attachments: readonly Attachment[];
  readonly problems: readonly Problem[];
}

export interface ImageVariant {
  /** Position among the entry's variants, from 0. */
  readonly position: number;
  readonly platform?: Platform;
  /** The image manifest; absent in archives that only have `manifest.json`. */
  readonly manifest?: Descriptor;
  /** Whether the manifest and config are in the source. */
  readonly isAvailable: boolean;
}

export interface Attachment {
  readonly kind: 'attestation' | 'artifact';
  readonly descriptor: Descriptor;
  /** The image manifest it speaks of, where it says. */
  readonly subject?: Digest;
}

/** What a source gives of one image; `toImage` derives the rest. */
export interface ImageCore {
  readonly names: readonly string[];
  /** What `index.json` names (index or manifest) with its annotations. */
  readonly target?: Descriptor;
  readonly manifest?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  /**
   * The image's ID where the source knows it and `configBytes` are not the real ones: an engine tells what a config
   * says, but gives its bytes only with the whole image.
   */
  readonly claimedImageId?: ImageId;
  /** Whether `configBytes` are put together from what an engine tells, because it gave the true ones not yet. */
  readonly isProvisional?: boolean;
  /** The config's raw bytes; its digest is the image's ID. Absent when missing or unreadable (a problem says so). */
  readonly configBytes?: Uint8Array;
  /** Lowest first, as the manifest lists them. */
  readonly layers: readonly LayerBlob[];
  readonly attachments: readonly Attachment[];
  /** IDs of the images it was built on, nearest first, as far as the same archive holds them and links them (`Parent`). */
  readonly parents?: readonly ImageId[];
  readonly problems: readonly Problem[];
}

export interface LayerBlob {
  /** As the manifest claims. Absent in archives that only have `manifest.json`. */
  readonly descriptor?: Descriptor;
  /** As the archive's `LayerSources` claims it, where it does. */
  readonly claimedDiffId?: DiffId;
  /** What its engine counts for it, in bytes of the unpacked files or blocks; another measure than `LayerRow.size`. */
  readonly engineBytes?: number;
  /** Undefined when the blob is not here: it is brought by `remote`, or the source lacks it and a problem says so. */
  readonly location?: BlobLocation;
  /** How the blob is brought here, of engines and registries. */
  readonly remote?: RemoteBlob;
}
