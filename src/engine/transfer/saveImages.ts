import { dirname } from 'node:path';
import { bringHere } from '../archive/remoteBlob.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { normalizeName } from '../oci/reference.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { Disk } from '../store/disk.ts';
import { nodeDisk } from '../store/nodeDisk.ts';
import { markerText } from '../store/storeMarker.ts';
import { randomName } from '../store/storePlaces.ts';
import { ArchiveWriter } from './archiveWriter.ts';
import { blobName, dockerManifest, indexDocument, type NamedPlan } from './archiveDocuments.ts';
import type { PlannedBlob } from './imagePlan.ts';
import { planImage } from './planImage.ts';
import type { SavedImage, SaveRequest } from './saveRequest.ts';
import { toOciPlan } from './toOciPlan.ts';

/**
 * Writes images into one archive, each blob once, as it is, so that digests are kept; checked on the way. The same
 * images give the same bytes. The file is private to the user, as that of `docker save -o`. In an OCI archive, manifests
 * of Docker's types get OCI's (see `toOciPlan`).
 *
 * A docker archive is what `docker save` of Docker 25 and later writes: an image layout with a `manifest.json`, so that
 * old engines, both stores of new ones, and podman load it. Layers packed with zstd need Docker 23.
 *
 * @throws EngineError as `planImage`; `ambiguous` when two images are to have one name; `no-space`, `denied`, `cancelled`:
 *   the destination is as it was.
 */
export async function saveImages(
  request: SaveRequest,
  copyBlob: CopyBlob,
  options: CallOptions = {},
  disk: Disk = nodeDisk,
): Promise<void> {
  const planned = await planAll(request.images, copyBlob, options);
  const images = request.format === 'oci-archive' ? planned.map(inOciTypes) : planned;
  const temporary = `${request.destination}.${randomName()}.part`;
  try {
    const archive = await ArchiveWriter.create(temporary, disk, copyBlob);
    await writeArchive(archive, images, request.format, options);
    await disk.rename(temporary, request.destination);
    await disk.syncDirectory(dirname(request.destination));
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw toEngineError(error, request.destination);
  }
}

/** @throws EngineError as `planImage`; `ambiguous` when two images are to have one name. */
export async function planAll(
  images: readonly SavedImage[],
  copyBlob: CopyBlob,
  options: CallOptions,
): Promise<readonly NamedPlan[]> {
  const plans: NamedPlan[] = [];
  const taken = new Set<string>();
  for (const image of images) {
    const names = (image.names ?? image.entry.names).map(normalizeName);
    const twice = names.find((name) => taken.has(name));
    if (twice !== undefined) throw new EngineError('ambiguous', twice, 'two images are to have this name');
    for (const name of names) taken.add(name);
    plans.push({ plan: await planImage(image, copyBlob, options), names });
  }
  return plans;
}

function inOciTypes({ plan, names }: NamedPlan): NamedPlan {
  return { plan: toOciPlan(plan), names };
}

async function writeArchive(
  archive: ArchiveWriter,
  images: readonly NamedPlan[],
  format: SaveRequest['format'],
  options: CallOptions,
): Promise<void> {
  try {
    await writeBlobs(archive, uniqueBlobs(images), options);
    await archive.bytes('index.json', indexDocument(images, format === 'oci-archive' ? 'full' : 'tag'));
    if (format === 'docker-archive') await archive.bytes('manifest.json', dockerManifest(images));
    await archive.bytes('oci-layout', Buffer.from(markerText));
    await archive.finish();
  } finally {
    await archive.close();
  }
}

/** In the order of their digests, so that an archive does not depend on how its images were found. */
export function uniqueBlobs(images: readonly NamedPlan[]): readonly PlannedBlob[] {
  const blobs = new Map(
    images.flatMap(({ plan }) => plan.blobs.map((blob) => [blob.descriptor.digest, blob])),
  );
  return [...blobs.values()].sort((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1));
}

async function writeBlobs(
  archive: ArchiveWriter,
  blobs: readonly PlannedBlob[],
  { signal, onProgress }: CallOptions,
): Promise<void> {
  const total = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  let done = 0;
  for (const { descriptor, from } of blobs) {
    if (signal?.aborted === true) throw new EngineError('cancelled', descriptor.digest, 'cancelled');
    const before = done;
    const report = (ahead: number): void => {
      onProgress?.({ subject: descriptor.digest, done: before + ahead, total });
    };
    const bytes = from instanceof Uint8Array ? from : await bringHere(from, { ...(signal && { signal }) });
    await archive.blob(blobName(descriptor.digest), descriptor, bytes, {
      ...(signal && { signal }),
      onProgress: (progress) => {
        report(progress.done);
      },
    });
    done += descriptor.size;
    report(descriptor.size);
  }
}
