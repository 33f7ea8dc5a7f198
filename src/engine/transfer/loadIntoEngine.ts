import { paddedLength, tarEnd } from '../archive/tarHeader.ts';
import { posix } from 'node:path';
import { bringHere } from '../archive/remoteBlob.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';
import type { LoadResult } from '../sources/dockerEngine/engineApi.ts';
import type { ArchivePiece } from '../sources/dockerEngine/loadEngineImages.ts';
import type { FetchWork } from '../sources/fetchWork.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import { markerText } from '../store/storeMarker.ts';
import { blobName, dockerManifest, indexDocument } from './archiveDocuments.ts';
import type { PlannedBlob } from './imagePlan.ts';
import { planAll, uniqueBlobs } from './saveImages.ts';
import type { SavedImage } from './saveRequest.ts';
import { directoryHeader, fileHeader } from './tarFrame.ts';

/** What loads images, and where they go. */
export interface LoadPlace {
  readonly endpoint: EngineEndpoint;
  readonly work: FetchWork;
  readonly copyBlob: CopyBlob;
}

/**
 * Sends images into an engine as the archive that `saveImages` writes, which lies nowhere whole.
 *
 * @throws EngineError as `saveImages` and `loadEngineImages`.
 */
export async function loadIntoEngine(
  { endpoint, work, copyBlob }: LoadPlace,
  images: readonly SavedImage[],
  options: CallOptions = {},
): Promise<LoadResult> {
  const plans = await planAll(images, copyBlob, options);
  const archive = new ArchivePieces();
  for (const blob of uniqueBlobs(plans)) archive.blob(blob, await broughtHere(blob, options));
  archive.bytes('index.json', indexDocument(plans, 'tag'));
  archive.bytes('manifest.json', dockerManifest(plans));
  archive.bytes('oci-layout', Buffer.from(markerText));
  return work.run('loadEngineImages', { endpoint, pieces: archive.finish() }, options);
}

/** Fetching has its own progress, of its own bytes. */
async function broughtHere(
  { descriptor, from }: PlannedBlob,
  { signal }: CallOptions,
): Promise<ArchivePiece> {
  if (from instanceof Uint8Array) return from;
  const blob = await bringHere(from, signal && { signal });
  const { digest, size } = descriptor;
  if (blob.size === size) return { blob, digest };
  throw new EngineError('size-mismatch', digest, `it has ${blob.size} bytes, and ${size} are claimed`);
}

/** The pieces of a tar, in order. */
class ArchivePieces {
  readonly #pieces: ArchivePiece[] = [];
  readonly #folders = new Set<string>(['.']);

  bytes(name: string, content: Uint8Array): void {
    this.#add(name, content, content.length);
  }

  blob({ descriptor }: PlannedBlob, piece: ArchivePiece): void {
    this.#add(blobName(descriptor.digest), piece, descriptor.size);
  }

  finish(): readonly ArchivePiece[] {
    return [...this.#pieces, tarEnd];
  }

  #add(name: string, piece: ArchivePiece, size: number): void {
    this.#folder(posix.dirname(name));
    const padding = new Uint8Array(paddedLength(size) - size);
    this.#pieces.push(fileHeader(name, size), piece, padding);
  }

  #folder(name: string): void {
    if (this.#folders.has(name)) return;
    this.#folder(posix.dirname(name));
    this.#folders.add(name);
    this.#pieces.push(directoryHeader(`${name}/`));
  }
}
