import type { BlobPlace } from '../../archive/remoteBlob.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { Problem } from '../../base/problem.ts';
import type { CallOptions } from '../../base/progress.ts';
import { attestationRole } from '../../oci/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { isIndexType, isManifestType } from '../../oci/mediaType.ts';
import { formatReference, type Reference, withDefaultTag } from '../../oci/reference.ts';
import { documentMediaType } from '../../store/documentReferences.ts';
import type {
  Attachment,
  BlobKind,
  ImageCore,
  ImageEntry,
  ImageSource,
  ImageVariant,
} from '../imageSource.ts';
import { readCore } from '../readCore.ts';
import { readContents } from '../sourceContents.ts';
import type { BlobFetcher } from './blobFetcher.ts';
import { RegistryBlobs } from './registryBlobs.ts';
import type { ManifestHead, RegistryClient } from './registryClient.ts';

/**
 * An image of a registry, read where it is. What its tag names is resolved once, when it is opened; from then on
 * everything is asked for by digest, so that a tag that moves meanwhile changes nothing.
 */
export class RegistrySource implements ImageSource {
  readonly kind = 'docker';
  readonly location: string;
  readonly problems: readonly Problem[] = [];
  readonly #reference: Reference;
  readonly #client: RegistryClient;
  readonly #blobs: RegistryBlobs;
  readonly #entry: ImageEntry;

  /**
   * Resolves the reference: a HEAD for a tag, a GET for what was not seen before.
   *
   * @throws EngineError `unreachable`, `unauthorized`, `not-found`, `insecure`, `rate-limited`, `invalid-manifest`.
   */
  static async open(
    reference: Reference,
    client: RegistryClient,
    fetcher: BlobFetcher,
    options: CallOptions = {},
  ): Promise<RegistrySource> {
    const named = withDefaultTag(reference);
    const blobs = new RegistryBlobs(client, named.path, fetcher);
    const target = await resolveReference(named, client, blobs, options);
    const [found] = (await readContents({ blobs, roots: [target] }, options)).entries;
    const { variants = [], attachments = [], problems = [] } = found ?? {};
    const entry = { position: 0, names: [nameOf(named)], target, variants, attachments, problems };
    return new RegistrySource(named, client, blobs, entry);
  }

  private constructor(reference: Reference, client: RegistryClient, blobs: RegistryBlobs, entry: ImageEntry) {
    this.location = `docker://${formatReference(reference)}`;
    this.#reference = reference;
    this.#client = client;
    this.#blobs = blobs;
    this.#entry = entry;
  }

  list(): Promise<readonly ImageEntry[]> {
    return Promise.resolve([this.#entry]);
  }

  async resolve(entry: ImageEntry, variant: ImageVariant, options?: CallOptions): Promise<ImageCore> {
    const descriptor = variant.manifest;
    if (descriptor === undefined)
      throw new EngineError('not-found', this.location, `it has no image ${entry.position}`);
    const [core, referrers] = await Promise.all([
      readCore(entry, descriptor, this.#blobs, options),
      this.#referrers(descriptor, options),
    ]);
    const known = new Set(core.attachments.map((each) => each.descriptor.digest));
    const more = referrers.filter((each) => !known.has(each.descriptor.digest));
    return { ...core, attachments: [...core.attachments, ...more] };
  }

  locate(digest: Digest, kind?: BlobKind): Promise<BlobPlace | undefined> {
    return this.#blobs.locate(digest, kind);
  }

  [Symbol.asyncDispose](): Promise<void> {
    // The client is shared; it is closed by whoever made it.
    return Promise.resolve();
  }

  /** What the registry lists as speaking of a manifest. Data beside the image: without it the image opens all the same. */
  async #referrers({ digest }: Descriptor, { signal }: CallOptions = {}): Promise<readonly Attachment[]> {
    try {
      const { path } = this.#reference;
      const call = signal && { signal };
      const found = await this.#client.referrers(path, digest, undefined, call);
      return found.descriptors.map((each) => toAttachment(each, digest));
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      return [];
    }
  }
}

function toAttachment(descriptor: Descriptor, subject: Digest): Attachment {
  const role = attestationRole(descriptor);
  return role?.kind === 'attestation'
    ? { descriptor, subject, kind: 'attestation' }
    : { descriptor, subject, kind: 'artifact' };
}

/** A tag is what people asked for and how docker names it; a digest alone names itself. */
function nameOf({ domain, path, tag, digest }: Reference): string {
  const byTag = tag === undefined ? digest && { digest } : { tag };
  return formatReference({ domain, path, ...byTag });
}

async function resolveReference(
  { path, tag, digest }: Reference,
  client: RegistryClient,
  blobs: RegistryBlobs,
  { signal }: CallOptions,
): Promise<Descriptor> {
  const call = signal && { signal };
  const asked = digest ?? tag ?? 'latest';
  const head = digest === undefined ? await tryHead(() => client.headManifest(path, asked, call)) : undefined;
  const known = digest ?? head?.digest;
  const kept = known && (await blobs.kept(known));
  if (known !== undefined && kept !== undefined) return describe(known, kept, head?.mediaType);
  const fetched = await client.getManifest(path, known ?? asked, call);
  await blobs.keep(fetched.digest, fetched.bytes);
  return describe(fetched.digest, fetched.bytes, fetched.mediaType);
}

/** Registries that do not answer HEAD are asked by GET. */
async function tryHead(head: () => Promise<ManifestHead>): Promise<ManifestHead | undefined> {
  try {
    return await head();
  } catch (error) {
    if (isEngineError(error, 'unsupported') || isEngineError(error, 'refused')) return undefined;
    throw error;
  }
}

/** A registry may name any type, or none that means something; then the document's own counts. */
function describe(digest: Digest, bytes: Uint8Array, claimed: string | undefined): Descriptor {
  const isTold = claimed !== undefined && (isManifestType(claimed) || isIndexType(claimed));
  return { mediaType: isTold ? claimed : documentMediaType(bytes), digest, size: bytes.length };
}
