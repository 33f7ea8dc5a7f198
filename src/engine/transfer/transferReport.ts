import type { CallOptions, Wait } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageVariant } from '../sources/imageSource.ts';

/** What became of one blob on its way; docker's words for it are the hosts' business. */
export type TransferState =
  | { readonly kind: 'waiting' }
  /** The place it goes to has it, or the cache of what was fetched has all of it. */
  | { readonly kind: 'already-here' }
  /** A registry took it from another of its repositories; no bytes moved. */
  | { readonly kind: 'mounted'; readonly from: string }
  | { readonly kind: 'moving'; readonly done: number; readonly total: number }
  /** `resumedAt`: bytes that an earlier attempt had brought. */
  | { readonly kind: 'moved'; readonly bytes: number; readonly resumedAt?: number }
  | { readonly kind: 'failed'; readonly reason: string };

export interface BlobTransfer {
  readonly descriptor: Descriptor;
  readonly role: 'layer' | 'config' | 'manifest';
  /** Of a layer, its position in the first image that has it, lowest 0. */
  readonly layer?: number;
  readonly state: TransferState;
}

export type { Wait as TransferWait };

export interface TransferOptions extends CallOptions {
  /** Each change of each blob. Called often; listeners throttle. */
  readonly onBlob?: (blob: BlobTransfer) => void;
  readonly onWait?: (wait: Wait) => void;
}

/** How an image comes into the store. */
export interface ImportOptions extends TransferOptions {
  /** One platform only, whose manifest is what is named; without it, all that the entry has. */
  readonly variant?: ImageVariant;
}

export interface TransferResult {
  /** What was named at the end. */
  readonly target: Descriptor;
  readonly name: string | undefined;
  /** Every blob, in its last state. */
  readonly blobs: readonly BlobTransfer[];
  /** Bytes that went over the wire, of all bytes that the image has. */
  readonly movedBytes: number;
  readonly totalBytes: number;
}

/** Where a push goes, and what may be mounted there. */
export interface PushRequest {
  /** In full or as people write it: `localhost:5000/app:1`. */
  readonly destination: string;
  /** One platform; without it, all that the entry has. */
  readonly platform?: string;
  /** Repositories of the same registry to try mounting from first, before those that are remembered. */
  readonly mountFrom?: readonly string[];
}
