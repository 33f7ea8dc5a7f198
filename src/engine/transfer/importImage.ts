import { bringHere, isRemote } from '../archive/remoteBlob.ts';
import { EngineError } from '../base/errors.ts';
import { normalizeName, parseReference } from '../oci/reference.ts';
import { isTag } from '../sources/imageNames.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import type { Lease } from '../store/leases.ts';
import type { DiskStore } from '../store/diskStore.ts';
import type { ImagePlan, PlannedBlob } from './imagePlan.ts';
import { planImage } from './planImage.ts';
import { TransferLog } from './transferLog.ts';
import type { ImportOptions, TransferOptions, TransferResult } from './transferReport.ts';

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
  options: ImportOptions = {},
): Promise<TransferResult> {
  const { variant } = options;
  const names = namesFor(entry, name);
  const plan = await planImage({ source, entry, ...(variant && { variant }) }, store.copyBlob, options);
  await using lease = store.leases.take();
  await lease.hold(plan.blobs.map(({ descriptor }) => descriptor.digest));
  const log = await copyBlobs(store, plan, lease, options);
  await store.refs.put(plan.target, names, () => requireStored(store, plan.blobs));
  return log.result(plan.target, names[0]);
}

/** A name that a person gives must be one; of a source's own, a tag without a repository is not enough. */
function namesFor(entry: ImageEntry, name: string | undefined): readonly string[] {
  if (name === undefined) return [...new Set(entry.names.filter((each) => !isTag(each)).map(normalizeName))];
  parseReference(name);
  return [normalizeName(name)];
}

async function copyBlobs(
  store: DiskStore,
  { blobs, manifests }: ImagePlan,
  lease: Lease,
  options: TransferOptions,
): Promise<TransferLog> {
  const log = new TransferLog(blobs, manifests, options);
  for (const blob of blobs) {
    if (options.signal?.aborted === true)
      throw new EngineError('cancelled', blob.descriptor.digest, 'cancelled');
    await copyOne(store, blob, lease, log);
  }
  return log;
}

async function copyOne(store: DiskStore, blob: PlannedBlob, lease: Lease, log: TransferLog): Promise<void> {
  const { descriptor, from } = blob;
  const isStored = (await store.blobs.find(descriptor.digest)) !== undefined;
  try {
    if (from instanceof Uint8Array) await store.blobs.addBytes(from, lease, descriptor.digest);
    else if (isStored && isRemote(from)) await lease.hold([descriptor.digest]);
    else
      await store.blobs.add(
        await bringHere(from, log.optionsFor(blob)),
        descriptor,
        lease,
        log.optionsFor(blob),
      );
  } catch (error) {
    log.failed(blob, error);
    throw error;
  }
  if (isStored) log.alreadyHere(blob);
  else log.moved(blob);
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
