import { EngineError, toEngineError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import { algorithmOf, type Digest } from '../oci/digest.ts';
import type { JsonObject } from '../oci/json.ts';
import type { StoredBlob } from './blobStore.ts';
import { containerImages } from './containerImages.ts';
import { unlessAbsent } from './disk.ts';
import type { DiskStore } from './diskStore.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import { fitsBackup } from './indexBackup.ts';
import { ReachableBlobs } from './reachableBlobs.ts';
import { digestOfEntry, indexLimit, nameOfEntry } from './storeIndex.ts';
import { isMarker } from './storeMarker.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * Reads every byte of the store and says what is wrong: blobs whose bytes are not what their name says (they are moved
 * to `corrupt`, so that nothing is served from them and importing the image again heals it), blobs that images and
 * containers lack, and damage to the index or its copy.
 */
export function verifyStore(store: DiskStore, options: CallOptions = {}): Promise<readonly Problem[]> {
  return inEngineTerms(store.places.directory, async () => [
    ...(await markerProblems(store)),
    ...(await indexProblems(store)),
    ...(await blobProblems(store, options)),
    ...(await imageProblems(store)),
  ]);
}

async function markerProblems({ disk, places }: DiskStore): Promise<readonly Problem[]> {
  const marker = await unlessAbsent(readWholeFile(disk, places.marker, 4096));
  if (marker !== undefined && isMarker(marker)) return [];
  return [{ code: 'layout-marker-missing', subject: places.marker }];
}

async function indexProblems({ disk, places }: DiskStore): Promise<readonly Problem[]> {
  try {
    const index = await readWholeFile(disk, places.index, indexLimit);
    const backup = await readWholeFile(disk, places.backup, indexLimit);
    if (fitsBackup(index, backup, places.backup)) return [];
    const detail = 'it is not what its copy says: one of them is damaged, or another program changed it';
    return [{ code: 'digest-mismatch', subject: places.index, detail }];
  } catch (error) {
    const { code, subject, detail } = toEngineError(error, places.backup);
    return [{ code: code === 'not-found' ? 'manifest-missing' : 'manifest-invalid', subject, detail }];
  }
}

async function blobProblems(store: DiskStore, options: CallOptions): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const blobs = await store.blobs.list();
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const blob of blobs) {
    if (options.signal?.aborted === true) throw new EngineError('cancelled', blob.digest, 'cancelled');
    const problem = await blobProblem(store, blob, options.signal);
    if (problem !== undefined) problems.push(problem);
    done += blob.size;
    options.onProgress?.({ subject: blob.digest, done, total });
  }
  return problems;
}

async function blobProblem(
  store: DiskStore,
  blob: StoredBlob,
  signal: AbortSignal | undefined,
): Promise<Problem | undefined> {
  const actual = await hash(store, blob, signal);
  // Hashed again before the blob is put aside: the fault can have been on the way.
  if (actual === undefined || actual === blob.digest || (await hash(store, blob, signal)) === blob.digest)
    return undefined;
  await store.lock.run(async () => {
    if (isSame(await store.blobs.find(blob.digest), blob)) await store.blobs.quarantine(blob.digest);
  });
  return { code: 'blob-damaged', subject: blob.digest, detail: `its bytes are ${actual}` };
}

/** Undefined when the blob has gone meanwhile. */
async function hash(
  store: DiskStore,
  blob: StoredBlob,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  try {
    const request = { from: blob, algorithm: algorithmOf(blob.digest) };
    return (await store.copyBlob(request, signal && { signal })).digest;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function isSame(now: StoredBlob | undefined, before: StoredBlob): boolean {
  return now?.size === before.size && now.changedMs === before.changedMs;
}

async function imageProblems(store: DiskStore): Promise<readonly Problem[]> {
  const index = await store.refs.read().catch(() => undefined);
  if (index === undefined) return [];
  const problems = await Promise.all(index.entries.map((entry) => entryProblems(store, entry)));
  const named = index.entries.map(digestOfEntry).filter((digest) => digest !== undefined);
  const containers = await imagesOfContainers(store);
  const missing = await missingBlobs(store, [...named, ...containers.roots]);
  return [...problems.flat(), ...containers.problems, ...missing];
}

/** What containers need, and those of which it cannot be said. */
async function imagesOfContainers({
  disk,
  places,
}: DiskStore): Promise<{ readonly roots: readonly Digest[]; readonly problems: readonly Problem[] }> {
  try {
    return { roots: await containerImages(disk, places), problems: [] };
  } catch (error) {
    const { subject, detail } = toEngineError(error, places.containers);
    return { roots: [], problems: [{ code: 'config-invalid', subject, detail }] };
  }
}

async function entryProblems(store: DiskStore, entry: JsonObject): Promise<readonly Problem[]> {
  const digest = digestOfEntry(entry);
  if (digest === undefined) {
    const subject = nameOfEntry(entry) ?? store.places.index;
    return [{ code: 'manifest-invalid', subject, detail: 'its entry has no digest' }];
  }
  const stored = await store.blobs.find(digest);
  if (stored === undefined || stored.size === entry['size']) return [];
  return [{ code: 'size-mismatch', subject: digest, detail: `it has ${stored.size} bytes` }];
}

async function missingBlobs(store: DiskStore, roots: readonly Digest[]): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { digest, isOptional, document } of (
    await new ReachableBlobs(store.blobs).from(roots)
  ).values()) {
    if (document instanceof EngineError)
      problems.push({ code: 'manifest-invalid', subject: digest, detail: document.detail });
    else if (!isOptional && (await store.blobs.find(digest)) === undefined)
      problems.push({ code: 'blob-missing', subject: digest });
  }
  return problems;
}
