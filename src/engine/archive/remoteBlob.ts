import type { ByteRange } from '../base/byteRange.ts';
import type { CallOptions } from '../base/progress.ts';
import type { BlobLocation } from './blobLocation.ts';

/** A blob wherever it is. */
export type BlobPlace = BlobLocation | RemoteBlob;

/**
 * A blob that lies elsewhere, in an engine or a registry, and is brought to a file here when it is needed. Lives in the
 * host's process; what it brings is a plain {@link BlobLocation} that crosses process borders.
 */
export interface RemoteBlob {
  /** Bytes as stored, where the place says so; an engine does not know before it sends them. */
  readonly size: number | undefined;
  /**
   * Names the content as the place vouches for it, such as `blob sha256:…` (a digest that is checked on arrival) or
   * `engine ID sha256:…` (a diffID which that engine has checked). The layer's index is found by it without its bytes.
   */
  readonly identity: string;
  /**
   * Brings the whole blob here, checked against its digest where it has one. Callers share the work, and it is given up
   * when the last of them cancels; what was already brought is gone on with the next time. The first report of progress
   * says how much was here before.
   *
   * @throws EngineError `unreachable`, `unauthorized`, `refused`, `not-found`, `digest-mismatch`, `no-space`, `cancelled`.
   */
  fetch(options?: CallOptions): Promise<BlobLocation>;
  /**
   * Brings at least these bytes; the file may have holes elsewhere, so only what `present` of the answer covers may be
   * read. Absent where the place gives no ranges. Not checked by a digest: whoever reads checks the content.
   *
   * @throws EngineError as `fetch`; `unsupported` when the place turns out to ignore ranges.
   */
  fetchRange?(range: ByteRange, options?: CallOptions): Promise<BlobLocation>;
  /** Told when what was brought proved damaged, so that it is not given again. */
  forget?(): Promise<void>;
}

export function isRemote(place: BlobPlace): place is RemoteBlob {
  return 'fetch' in place;
}

/** The whole blob as a file here, fetched first where it lies elsewhere. @throws EngineError as {@link RemoteBlob.fetch}. */
export function bringHere(place: BlobPlace, options?: CallOptions): Promise<BlobLocation> {
  return isRemote(place) ? place.fetch(options) : Promise.resolve(place);
}
