import type { BlobLocation } from '../archive/blobLocation.ts';
import { bringHere } from '../archive/remoteBlob.ts';
import { readBlob } from '../archive/readBlob.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { attestationRole } from '../oci/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, hasDigest } from '../oci/digest.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import { documentLimit, type DocumentReference, documentReferences } from '../store/documentReferences.ts';
import { planBareImage } from './planBareImage.ts';
import type { ImagePlan, PlannedBlob, PlannedManifest, PlanRequest } from './imagePlan.ts';

/**
 * Finds all that belongs to an image. Manifests and indexes are read and checked here, the large blobs when they are
 * copied. An index may lack some of its images, as an archive of one platform does: what is not whole is left out.
 *
 * @param hashBlob for archives that name no digests.
 * @throws EngineError `not-found` naming a blob that the source lacks; `digest-mismatch`, `size-mismatch` for a damaged
 *   manifest; `invalid-manifest`, `unsupported`, `limit-exceeded`.
 */
export async function planImage(
  request: PlanRequest,
  hashBlob: CopyBlob,
  options: CallOptions = {},
): Promise<ImagePlan> {
  const { source, entry, variant } = request;
  const target = variant === undefined ? entry.target : (variant.manifest ?? entry.target);
  if (target === undefined) return planBareImage(request, hashBlob, options);
  const { blobs, manifests, missing } = await new Planner(source, entry, options.signal).document(target, 0);
  if (missing !== undefined)
    throw new EngineError('not-found', missing, `${source.location} lacks this blob`);
  return { target, blobs: [...blobs.values()], manifests };
}

interface DocumentPlan {
  readonly blobs: ReadonlyMap<Digest, PlannedBlob>;
  readonly manifests: readonly PlannedManifest[];
  /** A blob that is needed and not there: the document is of no use. */
  readonly missing: Digest | undefined;
}

class Planner {
  readonly #source: ImageSource;
  readonly #images: ReadonlySet<Digest>;
  readonly #signal: AbortSignal | undefined;
  /** An index can name another many times, at many depths. */
  readonly #known = new Map<Digest, Promise<DocumentPlan>>();

  constructor(source: ImageSource, entry: ImageEntry, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#images = new Set(entry.variants.flatMap(({ manifest }) => manifest?.digest ?? []));
    this.#signal = signal;
  }

  document(descriptor: Descriptor, depth: number): Promise<DocumentPlan> {
    const known = this.#known.get(descriptor.digest) ?? this.#plan(descriptor, depth);
    this.#known.set(descriptor.digest, known);
    return known;
  }

  async #plan(descriptor: Descriptor, depth: number): Promise<DocumentPlan> {
    if (this.#signal?.aborted === true) throw new EngineError('cancelled', descriptor.digest, 'cancelled');
    if (depth > maxDepth) throw new EngineError('limit-exceeded', descriptor.digest, 'indexes nest too deep');
    const bytes = await this.#read(descriptor);
    if (bytes === undefined) return { blobs: new Map(), manifests: [], missing: descriptor.digest };
    const references = documentReferences(bytes, descriptor.digest) ?? [];
    const own: PlannedBlob = { kind: 'manifest', descriptor, from: bytes };
    if (references.some(({ role }) => role === 'manifest')) return this.#index(own, references, depth);
    if (references.length > 0) return this.#manifest(own, references);
    throw new EngineError('invalid-manifest', descriptor.digest, 'it names no image');
  }

  async #index(
    own: PlannedBlob,
    references: readonly DocumentReference[],
    depth: number,
  ): Promise<DocumentPlan> {
    const blobs = new Map<Digest, PlannedBlob>();
    const manifests: PlannedManifest[] = [];
    let missing: Digest | undefined;
    let hasImage = false;
    for (const child of references.filter(({ role }) => role === 'manifest')) {
      const plan = await this.document(child, depth + 1);
      missing ??= plan.missing;
      if (plan.missing !== undefined) continue;
      hasImage ||= attestationRole(child) === undefined;
      for (const [digest, blob] of plan.blobs) blobs.set(digest, blob);
      manifests.push(...plan.manifests.filter(({ descriptor }) => !manifests.some(isSame(descriptor))));
    }
    blobs.set(own.descriptor.digest, own);
    return { blobs, manifests, missing: hasImage ? undefined : missing };
  }

  async #manifest(own: PlannedBlob, references: readonly DocumentReference[]): Promise<DocumentPlan> {
    const blobs = new Map<Digest, PlannedBlob>();
    for (const reference of references.filter(({ role }) => role === 'layer' || role === 'config')) {
      const from = (await this.#source.locate(reference.digest)) ?? reference.data;
      if (from !== undefined) blobs.set(reference.digest, { kind: 'blob', descriptor: reference, from });
      else if (!reference.isOptional) return { blobs, manifests: [], missing: reference.digest };
    }
    blobs.set(own.descriptor.digest, own);
    return { blobs, manifests: this.#plannedManifest(own.descriptor, references), missing: undefined };
  }

  #plannedManifest(
    descriptor: Descriptor,
    references: readonly DocumentReference[],
  ): readonly PlannedManifest[] {
    const config = references.find(({ role }) => role === 'config');
    if (config === undefined || !this.#images.has(descriptor.digest)) return [];
    return [{ descriptor, config, layers: references.filter(({ role }) => role === 'layer') }];
  }

  async #read(descriptor: Descriptor): Promise<Uint8Array | undefined> {
    const location = await this.#locate(descriptor);
    if (location === undefined) return descriptor.data;
    const bytes = await readBlob(location, documentLimit, descriptor.digest);
    requireClaimed(bytes, descriptor, location);
    return bytes;
  }

  /** A registry may lack some of an index's manifests; that shows only when they are asked for. */
  async #locate({ digest }: Descriptor): Promise<BlobLocation | undefined> {
    const place = await this.#source.locate(digest, 'manifest');
    try {
      return place && (await bringHere(place, this.#signal && { signal: this.#signal }));
    } catch (error) {
      if (isEngineError(error, 'not-found')) return undefined;
      throw error;
    }
  }
}

/** image-index.md sets no limit; real ones nest twice. */
const maxDepth = 8;

function requireClaimed(bytes: Uint8Array, { digest, size }: Descriptor, location: BlobLocation): void {
  if (!hasDigest(bytes, digest)) throw new EngineError('digest-mismatch', digest, 'its bytes are other ones');
  if (size !== location.size)
    throw new EngineError('size-mismatch', digest, `it has ${location.size} bytes, and ${size} are claimed`);
}

function isSame(descriptor: Descriptor): (other: PlannedManifest) => boolean {
  return (other) => other.descriptor.digest === descriptor.digest;
}
