import { isRemote, type RemoteBlob } from '../archive/remoteBlob.ts';
import { forEachAtOnce } from '../base/forEachAtOnce.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { normalizeName, parseReference } from '../oci/reference.ts';
import { isTag } from '../sources/imageNames.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import type { Lease } from '../store/leases.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { sourceNoteOf } from './mountCandidates.ts';
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
  await store.refs.put(withSourceNote(plan.target, source), names, () => requireStored(store, plan.blobs));
  return log.result(plan.target, names[0]);
}

/** Where an image came from is where a registry may take its blobs from when it is sent back. */
function withSourceNote(target: Descriptor, source: ImageSource): Descriptor {
  const note = sourceNoteOf(source);
  return note === undefined ? target : { ...target, annotations: { ...target.annotations, ...note } };
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
  // Copying waits for the disk, and two copies would only make it seek; fetching waits for others.
  const atOnce = blobs.some(({ from }) => !(from instanceof Uint8Array) && isRemote(from))
    ? fetchesAtOnce
    : 1;
  await forEachAtOnce(blobs, atOnce, options.signal, async (blob, signal) => {
    try {
      await copyOne(store, blob, lease, log, log.optionsFor(blob, signal));
    } catch (error) {
      log.failed(blob, error);
      throw error;
    }
  });
  return log;
}

/** As many as docker's engine has; more gain little and burden registries. */
const fetchesAtOnce = 3;

async function copyOne(
  store: DiskStore,
  blob: PlannedBlob,
  lease: Lease,
  log: TransferLog,
  call: CallOptions,
): Promise<void> {
  const { descriptor, from } = blob;
  const stored = await store.blobs.find(descriptor.digest);
  const isStored = stored !== undefined;
  if (from instanceof Uint8Array) await store.blobs.addBytes(from, lease, descriptor.digest);
  else if (!isRemote(from)) {
    call.onProgress?.({ subject: descriptor.digest, done: 0 });
    await store.blobs.add(from, descriptor, lease, call);
  }
  // One of the wrong size is damaged, and fetched anew.
  else if (stored?.size !== descriptor.size) await addRemote(store, blob.descriptor, from, lease, call);
  if (isStored) log.alreadyHere(blob);
  else log.moved(blob);
}

async function addRemote(
  store: DiskStore,
  descriptor: Descriptor,
  from: RemoteBlob,
  lease: Lease,
  call: CallOptions,
): Promise<void> {
  const fetched = await from.fetch(call);
  const { signal } = call;
  // What was hashed as it came needs no second look.
  const isChecked = from.identity === `blob ${descriptor.digest}`;
  await store.blobs[isChecked ? 'adopt' : 'add'](fetched, descriptor, lease, signal && { signal });
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
