import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { algorithmOf, type Digest, hexOf, isDigest } from '../oci/digest.ts';

/** Where things are in a store: an OCI image layout (image-spec, image-layout.md) with Lamina's own folders beside it. */
export class StorePlaces {
  readonly directory: string;
  /** `oci-layout`, by which other tools know the directory. */
  readonly marker: string;
  /** The one file that changes: what the store's images are called. */
  readonly index: string;
  /** A copy of the index, as it is or is about to become. */
  readonly backup: string;
  readonly lock: string;
  readonly blobs: string;
  /** Files being written; each bears the id of the lease of who writes it. */
  readonly temporary: string;
  /** Who is working on what, see `leases.ts`. */
  readonly leases: string;
  /** Blobs whose bytes are not what their name says. */
  readonly corrupt: string;
  /** Blobs about to be removed. */
  readonly trash: string;
  /** A folder for each container of the store, see `snapshots/`. */
  readonly containers: string;

  constructor(directory: string) {
    this.directory = directory;
    this.marker = join(directory, 'oci-layout');
    this.index = join(directory, 'index.json');
    this.backup = join(directory, 'index.json.bak');
    this.lock = join(directory, 'index.json.lock');
    this.blobs = join(directory, 'blobs');
    this.temporary = join(directory, 'tmp');
    this.leases = join(directory, 'leases');
    this.corrupt = join(directory, 'corrupt');
    this.trash = join(directory, 'trash');
    this.containers = join(directory, 'containers');
  }

  /** Only a checked digest becomes a path (CVE-2024-3727). */
  blob(digest: Digest): string {
    return join(this.blobs, algorithmOf(digest), hexOf(digest));
  }

  /** The place of a blob in `trash` or `corrupt`, which are flat. */
  aside(folder: 'trash' | 'corrupt', digest: Digest): string {
    return join(this[folder], `${algorithmOf(digest)}-${hexOf(digest)}`);
  }

  /** A name for a file being written that nobody else has. */
  newTemporary(leaseId: string): string {
    return join(this.temporary, `${leaseId}-${randomName()}`);
  }
}

/** The algorithms that have folders below `blobs`. */
export const blobAlgorithms = ['sha256', 'sha512'] as const;

/** The digest that a file's name in `blobs/ALGORITHM`, `trash` or `corrupt` stands for. */
export function digestOfName(name: string, algorithm?: string): Digest | undefined {
  const text = algorithm === undefined ? name.replace('-', ':') : `${algorithm}:${name}`;
  return isDigest(text) ? text : undefined;
}

export function randomName(): string {
  return randomBytes(8).toString('hex');
}
