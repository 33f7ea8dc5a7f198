import { bringHere } from '../archive/remoteBlob.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions, OnProgress } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { normalizeName, parseReference } from '../oci/reference.ts';
import { isTag } from '../sources/imageNames.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import type { Lease } from '../store/leases.ts';
import type { DiskStore } from '../store/diskStore.ts';
import type { PlannedBlob } from './imagePlan.ts';
import { planImage } from './planImage.ts';

/**
 * Copies an image with all it needs into the store. Manifests and indexes stay byte for byte, so digests are kept; every
 * blob is checked on the way; nothing is named before everything is there. Importing again costs next to nothing.
 *
 * @param name under which it is stored; without one, under the names its source gives it.
 * @throws EngineError as `planImage` and `BlobStore.add`; `invalid-reference` for a bad name.
 */
export async function importImage(
  store: DiskStore,
  source: ImageSource,
  entry: ImageEntry,
  name: string | undefined,
  options: CallOptions = {},
): Promise<StoredImage> {
  const names = namesFor(entry, name);
  const plan = await planImage({ source, entry }, store.copyBlob, options);
  await using lease = store.leases.take();
  await lease.hold(plan.blobs.map(({ descriptor }) => descriptor.digest));
  await copyBlobs(store, plan.blobs, lease, options);
  await store.refs.put(plan.target, names, () => requireStored(store, plan.blobs));
  return { name: names[0], target: plan.target };
}

/** What was stored, and its name or the first of them. */
export interface StoredImage {
  readonly name: string | undefined;
  readonly target: Descriptor;
}

/** A name that a person gives must be one; of a source's own, a tag without a repository is not enough. */
function namesFor(entry: ImageEntry, name: string | undefined): readonly string[] {
  if (name === undefined) return [...new Set(entry.names.filter((each) => !isTag(each)).map(normalizeName))];
  parseReference(name);
  return [normalizeName(name)];
}

async function copyBlobs(
  store: DiskStore,
  blobs: readonly PlannedBlob[],
  lease: Lease,
  { signal, onProgress }: CallOptions,
): Promise<void> {
  const total = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  let done = 0;
  for (const blob of blobs) {
    if (signal?.aborted === true) throw new EngineError('cancelled', blob.descriptor.digest, 'cancelled');
    const report = onProgress && shifted(onProgress, blob.descriptor.digest, done, total);
    await copyOne(store, blob, lease, { ...(signal && { signal }), ...(report && { onProgress: report }) });
    done += blob.descriptor.size;
    onProgress?.({ subject: blob.descriptor.digest, done, total });
  }
}

/** Progress inside one blob as progress of the whole. */
function shifted(onProgress: OnProgress, subject: string, before: number, total: number): OnProgress {
  return ({ done }) => {
    onProgress({ subject, done: before + done, total });
  };
}

async function copyOne(
  store: DiskStore,
  { descriptor, from }: PlannedBlob,
  lease: Lease,
  options: CallOptions,
): Promise<void> {
  if (from instanceof Uint8Array) await store.blobs.addBytes(from, lease, descriptor.digest);
  else await store.blobs.add(await bringHere(from, options), descriptor, lease, options);
}

/** The last look, under the lock: a lease can have been taken for dead while this process was suspended. */
async function requireStored(store: DiskStore, blobs: readonly PlannedBlob[]): Promise<void> {
  for (const { descriptor } of blobs)
    if ((await store.blobs.find(descriptor.digest)) === undefined)
      throw new EngineError(
        'not-found',
        descriptor.digest,
        'the blob was removed while the image was imported',
      );
}
