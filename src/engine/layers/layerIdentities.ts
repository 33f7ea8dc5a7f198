import { isDigest, parseDiffId } from '../oci/digest.ts';
import type { LayerIndex } from './layerIndex.ts';
import { type LayerClaim, claimOf } from './layerKey.ts';

/** A name under which an index may be found without its layer's bytes. */
export interface LayerIdentity {
  readonly claim: LayerClaim;
  readonly identity: string;
}

/** A blob whose bytes were hashed when they came to where they are. */
export interface VouchedBlob {
  readonly digest: string;
  /** Whether it is a tar as it is, so that its digest is its diffID. */
  readonly isPlain: boolean;
}

/**
 * The names that a layer's bytes have proved to bear. What only a manifest or config says is not among them: it would let
 * an image that lies leave its tree behind for honest ones.
 *
 * - `blob DIGEST`, where the indexing pass has hashed the stored bytes, or where they lie in Lamina's store or cache, which
 *   take nothing in under a digest without hashing it (`vouched`; not for bytes that turned out damaged since).
 * - `diff DIFFID`, where the indexing pass has hashed the unpacked tar, or where a blob is vouched for that is a plain tar.
 *
 * A digest that was checked holds whatever diffID an image claims beside it, so it is kept both under the image's claim
 * and under the true one.
 */
export function provenIdentities(
  index: LayerIndex,
  claim: LayerClaim,
  vouched: VouchedBlob | undefined,
): readonly LayerIdentity[] {
  const trusted = isSound(index) ? vouched : undefined;
  const digest = index.summary.digest ?? trusted?.digest;
  const diffId = index.summary.diffId ?? (trusted?.isPlain === true ? trusted.digest : undefined);
  const own = diffId === undefined ? undefined : claimOf(parseDiffId(diffId));
  const blob = digest === undefined ? undefined : `blob ${digest}`;
  return [
    ...(blob === undefined ? [] : [{ claim, identity: blob }]),
    ...(blob === undefined || own === undefined || own === claim ? [] : [{ claim: own, identity: blob }]),
    ...(own === undefined ? [] : [{ claim: own, identity: `diff ${diffId}` }]),
  ];
}

/**
 * The name of the same tar in whatever packing, for a place that has itself checked its layers' diffIDs: an engine
 * does. A registry does not: a config there may claim the diffID of another layer, so its blobs have no such name.
 *
 * @param identity as in `RemoteBlob`.
 */
export function sameTarAs(identity: string): LayerIdentity | undefined {
  const diffId = identity.startsWith('engine ') ? identity.slice(identity.lastIndexOf(' ') + 1) : undefined;
  if (!isDigest(diffId)) return undefined;
  return { claim: claimOf(parseDiffId(diffId)), identity: `diff ${diffId}` };
}

/** Whether nothing says that the bytes are not what they were when they were checked. */
function isSound({ isComplete, problems }: LayerIndex): boolean {
  return isComplete && problems.every(({ code }) => !code.startsWith('blob-'));
}
