import type { CallOptions } from '../base/progress.ts';
import { EngineError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { StoredBlob } from './blobStore.ts';
import type { DiskStore } from './diskStore.ts';
import { containerImages } from './containerImages.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import { fileClockNow } from './fileClock.ts';
import { ReachableBlobs } from './reachableBlobs.ts';
import { removeLeftovers } from './removeLeftovers.ts';
import { digestOfEntry } from './storeIndex.ts';
import { emptyTrash, trashed } from './trash.ts';

export interface GarbageOptions extends CallOptions {
  /** Says what would go, and removes nothing. */
  readonly isDryRun: boolean;
  /** Blobs younger than this stay: someone may have added them and not yet said for what. Default: an hour. */
  readonly graceMs?: number;
}

export interface GarbageReport {
  readonly removed: readonly { readonly digest: Digest; readonly size: number }[];
  /** Blobs that stay. */
  readonly kept: number;
  /** Bytes of what was removed. */
  readonly bytes: number;
}

/**
 * Removes the blobs that no image of `index.json` leads to, no container needs, no living lease holds, and nobody added
 * lately.
 *
 * In two steps, each under the store's lock and each after looking anew: first into `trash`, by a rename; then for
 * good, or back, if something has come to need them meanwhile. It can end at any point and leaves only more to do.
 *
 * @throws EngineError `damaged` when a manifest cannot be read, since what it needs is not known; `busy`; `cancelled`.
 */
export function collectGarbage(store: DiskStore, options: GarbageOptions): Promise<GarbageReport> {
  return inEngineTerms(store.places.directory, () => collect(store, options));
}

async function collect(store: DiskStore, options: GarbageOptions): Promise<GarbageReport> {
  const reachable = new ReachableBlobs(store.blobs);
  const { victims, kept } = await store.lock.run(() => findGarbage(store, reachable, options));
  const removed = options.isDryRun ? victims : await remove(store, reachable, victims, options);
  return {
    removed: removed.map(({ digest, size }) => ({ digest, size })),
    kept: kept + victims.length - removed.length,
    bytes: removed.reduce((sum, { size }) => sum + size, 0),
  };
}

async function remove(
  store: DiskStore,
  reachable: ReachableBlobs,
  victims: readonly StoredBlob[],
  options: GarbageOptions,
): Promise<readonly StoredBlob[]> {
  const moved: StoredBlob[] = [];
  await emptyTrash(store, () => neededBlobs(store, reachable));
  for (let at = 0; at < victims.length; at += batchLength) {
    if (options.signal?.aborted === true)
      throw new EngineError('cancelled', store.places.directory, 'cancelled');
    const batch = new Set(victims.slice(at, at + batchLength).map(({ digest }) => digest));
    moved.push(...(await store.lock.run(() => moveAway(store, reachable, batch, options))));
    options.onProgress?.({ subject: store.places.directory, done: at + batch.size, total: victims.length });
  }
  const restored = await emptyTrash(store, () => neededBlobs(store, reachable));
  await removeLeftovers(store);
  return moved.filter(({ digest }) => !restored.has(digest));
}

/** Small enough that nobody waits long for the lock. */
const batchLength = 200;

/** Those of the batch that are still garbage, moved into the trash. Only under the lock. */
async function moveAway(
  store: DiskStore,
  reachable: ReachableBlobs,
  batch: ReadonlySet<Digest>,
  options: GarbageOptions,
): Promise<readonly StoredBlob[]> {
  const { victims } = await findGarbage(store, reachable, options, batch);
  await store.disk.makeDirectory(store.places.trash);
  for (const { digest, file } of victims) await store.disk.rename(file, trashed(store.places, digest));
  return victims;
}

async function findGarbage(
  store: DiskStore,
  reachable: ReachableBlobs,
  { graceMs = hourMs }: GarbageOptions,
  among?: ReadonlySet<Digest>,
): Promise<{ readonly victims: readonly StoredBlob[]; readonly kept: number }> {
  const needed = await neededBlobs(store, reachable);
  const blobs = among === undefined ? await store.blobs.list() : await found(store, among);
  const youngest = (await fileClockNow(store.disk, store.places)) - graceMs;
  const victims = blobs.filter(({ digest, changedMs }) => !needed.has(digest) && changedMs < youngest);
  return { victims, kept: blobs.length - victims.length };
}

const hourMs = 60 * 60 * 1000;

async function found(store: DiskStore, digests: ReadonlySet<Digest>): Promise<readonly StoredBlob[]> {
  const blobs = await Promise.all([...digests].map((digest) => store.blobs.find(digest)));
  return blobs.filter((blob) => blob !== undefined);
}

/** What images, containers and leases need. */
async function neededBlobs(store: DiskStore, reachable: ReachableBlobs): Promise<ReadonlySet<Digest>> {
  const leases = await store.leases.living(await fileClockNow(store.disk, store.places));
  const { entries } = await store.refs.read();
  const named = entries.map(digestOfEntry).filter((digest) => digest !== undefined);
  const blobs = await reachable.from([...named, ...(await containerImages(store.disk, store.places))]);
  for (const { document } of blobs.values())
    if (document instanceof EngineError) throw damagedManifest(document);
  return new Set([...blobs.keys(), ...leases.flatMap(({ digests }) => digests)]);
}

function damagedManifest(cause: EngineError): EngineError {
  return new EngineError('damaged', cause.subject, `what it needs is not known: ${cause.detail}`, { cause });
}
