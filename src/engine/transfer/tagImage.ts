import { EngineError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { documentLimit, documentMediaType } from '../store/documentReferences.ts';
import { ReachableBlobs } from '../store/reachableBlobs.ts';
import { digestOfEntry } from '../store/storeIndex.ts';

/**
 * Gives an image of the store a name. `target` is what an entry of the store names, or a manifest inside such.
 *
 * @throws EngineError `invalid-reference`; `not-found` when the store does not have the image, whole.
 */
export async function tagImage(store: DiskStore, name: string, target: Digest): Promise<void> {
  const full = formatReference(withDefaultTag(parseReference(name)));
  const bytes = await store.blobs.read(target, documentLimit);
  const descriptor = { mediaType: documentMediaType(bytes), digest: target, size: bytes.length };
  await store.refs.put(descriptor, [full], () => requireWhole(store, target));
}

/** An image that the index names is whole, or known not to be; one that it no longer names can be half collected. */
async function requireWhole(store: DiskStore, target: Digest): Promise<void> {
  const { entries } = await store.refs.read();
  if (entries.some((entry) => digestOfEntry(entry) === target)) return;
  for (const { digest, isOptional } of (await new ReachableBlobs(store.blobs).from([target])).values())
    if (!isOptional && (await store.blobs.find(digest)) === undefined)
      throw new EngineError('not-found', digest, 'the store no longer has all of this image');
}
