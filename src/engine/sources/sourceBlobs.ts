import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { LayerBlob } from './imageSource.ts';
import type { Digest } from '../oci/digest.ts';
import { readBlob } from '../archive/readBlob.ts';
import { isEngineError, toEngineError } from '../base/errors.ts';
import { manifestLimit } from '../oci/manifest.ts';
import { hasDigest } from '../oci/parseDescriptor.ts';

/** A manifest's or config's bytes as far as they could be read, and what is wrong with them. */
export interface DocumentBytes {
  readonly bytes?: Uint8Array;
  readonly problems: readonly Problem[];
}

/** The blobs of a source, as they are walked: manifests and configs are read, layers only found. */
export interface ContentBlobs {
  /** Whether each reading is a request to another machine: then a descriptor that says enough is believed unread. */
  readonly isRemote: boolean;
  /** Where a config or a layer is, whole or not; undefined when the source lacks it. */
  find(descriptor: Descriptor): Promise<Pick<LayerBlob, 'location' | 'remote'> | undefined>;
  /** A manifest or config, hashed. */
  read(descriptor: Descriptor, role: 'manifest' | 'config', options?: CallOptions): Promise<DocumentBytes>;
}

/** The blobs of a source, found by digest among its files. */
export class SourceBlobs implements ContentBlobs {
  readonly isRemote = false;
  readonly #files: FilesPort;
  readonly #namesOf: (digest: Digest) => readonly string[];

  /** @param namesOf the file names a digest may have, the likeliest first. */
  constructor(files: FilesPort, namesOf: (digest: Digest) => readonly string[]) {
    this.#files = files;
    this.#namesOf = namesOf;
  }

  async find({ digest }: Descriptor): Promise<{ readonly location: BlobLocation } | undefined> {
    const location = await this.locate(digest);
    return location && { location };
  }

  async locate(digest: Digest): Promise<BlobLocation | undefined> {
    for (const name of this.#namesOf(digest)) {
      const location = await this.#files.locate(name);
      if (location !== undefined) return location;
    }
    return undefined;
  }

  /**
   * A manifest or config, hashed. Bytes with another digest are given all the same, with a problem: a damaged image is
   * to be seen, not hidden.
   */
  async read(descriptor: Descriptor, role: 'manifest' | 'config'): Promise<DocumentBytes> {
    const { digest: subject } = descriptor;
    if (descriptor.data !== undefined) return { bytes: descriptor.data, problems: [] };
    const location = await this.locate(subject);
    if (location === undefined) return { problems: [{ code: `${role}-missing`, subject }] };
    const document = await readDocument(location, subject);
    if (document.bytes === undefined) return document;
    return { bytes: document.bytes, problems: compareDocument(document.bytes, descriptor) };
  }
}

/** A small blob's bytes; what cannot be read is a problem. */
export async function readDocument(location: BlobLocation, subject: string): Promise<DocumentBytes> {
  try {
    return { bytes: await readBlob(location, manifestLimit, subject), problems: [] };
  } catch (error) {
    const { code, detail } = toEngineError(error, subject);
    if (isEngineError(error, 'cancelled')) throw error;
    const problem =
      code === 'too-large' ? 'limit-exceeded' : code === 'truncated' ? 'blob-truncated' : 'blob-damaged';
    return { problems: [{ code: problem, subject, detail }] };
  }
}

/** What is wrong with a document's bytes by its descriptor. */
export function compareDocument(bytes: Uint8Array, { digest, size }: Descriptor): readonly Problem[] {
  if (!hasDigest(bytes, digest))
    return [{ code: 'digest-mismatch', subject: digest, detail: 'the bytes have another digest' }];
  if (bytes.length === size) return [];
  return [
    { code: 'size-mismatch', subject: digest, detail: `${bytes.length} bytes, its descriptor says ${size}` },
  ];
}
