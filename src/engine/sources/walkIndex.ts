import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Platform } from '../oci/platform.ts';
import type { Attachment, ImageVariant } from './imageSource.ts';
import type { ContentBlobs } from './sourceBlobs.ts';
import { EngineError } from '../base/errors.ts';
import { type ManifestRole, attestationRole, manifestRole } from '../oci/attestation.ts';
import type { Digest } from '../oci/digest.ts';
import { asObject, parseJson } from '../oci/json.ts';
import {
  type ImageManifest,
  type Manifest,
  isAmbiguous,
  maxManifests,
  parseManifest,
} from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/mediaType.ts';
import { platformOf } from '../oci/platform.ts';

/** What one descriptor of `index.json` leads to. */
export interface IndexContents {
  readonly variants: readonly FoundVariant[];
  readonly attachments: readonly Attachment[];
  readonly problems: readonly Problem[];
}

export interface FoundVariant extends ImageVariant {
  /** Digest of its config, as the manifest claims. */
  readonly configDigest?: Digest;
}

/** Indexes inside indexes, `index.json` not counted. One is common (BuildKit), more is odd. */
const maxDepth = 4;

/** Counts the documents read over a whole source, so that hostile indexes end. */
export interface WalkBudget {
  left: number;
}

export const newWalkBudget = (): WalkBudget => ({ left: maxManifests });

/** Follows a descriptor to its image manifests: itself, or those of an index, nested or not. */
export async function walkIndex(
  root: Descriptor,
  blobs: ContentBlobs,
  budget: WalkBudget,
  options: CallOptions = {},
): Promise<IndexContents> {
  const walk = new Walk(blobs, budget, options);
  await walk.visit(root, 0);
  return walk;
}

class Walk implements IndexContents {
  readonly variants: FoundVariant[] = [];
  readonly attachments: Attachment[] = [];
  readonly problems: Problem[] = [];
  readonly #blobs: ContentBlobs;
  readonly #budget: WalkBudget;
  readonly #options: CallOptions;
  readonly #visited = new Set<Digest>();

  constructor(blobs: ContentBlobs, budget: WalkBudget, options: CallOptions) {
    this.#blobs = blobs;
    this.#budget = budget;
    this.#options = options;
  }

  async visit(descriptor: Descriptor, depth: number): Promise<void> {
    const role = attestationRole(descriptor);
    if (role !== undefined) {
      this.#attach(descriptor, role);
      return;
    }
    if (this.#visited.has(descriptor.digest) || !this.#mayRead(descriptor)) return;
    this.#visited.add(descriptor.digest);
    if (this.#blobs.isRemote && depth > 0 && saysEnough(descriptor)) {
      this.#add({
        manifest: descriptor,
        isAvailable: true,
        ...(descriptor.platform && { platform: descriptor.platform }),
      });
      return;
    }
    const manifest = await this.#read(descriptor, depth);
    if (manifest?.kind === 'index') await this.#descend(descriptor, manifest.manifests, depth);
    else if (manifest?.kind === 'manifest') await this.#manifest(descriptor, manifest);
    else if (manifest?.kind === 'schema1') this.#unavailable(descriptor);
  }

  #mayRead({ digest }: Descriptor): boolean {
    if (this.#options.signal?.aborted === true) throw new EngineError('cancelled', digest, 'cancelled');
    if (this.#budget.left-- > 0) return true;
    if (this.#budget.left === -1)
      this.#report('limit-exceeded', digest, `more than ${maxManifests} manifests; the rest is not shown`);
    return false;
  }

  /** The document, or undefined when it is reported and done with. */
  async #read(descriptor: Descriptor, depth: number): Promise<Manifest | undefined> {
    const { digest, mediaType } = descriptor;
    const { bytes, problems } = await this.#blobs.read(descriptor, 'manifest', this.#options);
    if (bytes === undefined) {
      // A layout may lack blobs: platforms beside the one that was saved are simply not here.
      const isAbsent = problems.some(({ code }) => code === 'manifest-missing');
      if (!isAbsent || depth === 0 || isIndexType(mediaType)) this.problems.push(...problems);
      this.#unreadable(descriptor);
      return undefined;
    }
    this.problems.push(...problems);
    try {
      const manifest = parseManifest(bytes, digest, mediaType);
      this.problems.push(...manifest.problems);
      return manifest;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (isKnown(mediaType))
        this.#report(isAmbiguous(error) ? 'manifest-ambiguous' : 'manifest-invalid', digest, error.detail);
      this.#unreadable(descriptor);
      return undefined;
    }
  }

  async #descend(descriptor: Descriptor, manifests: readonly Descriptor[], depth: number): Promise<void> {
    if (depth >= maxDepth) {
      this.#report(
        'limit-exceeded',
        descriptor.digest,
        `indexes nested more than ${maxDepth} deep are not followed`,
      );
      return;
    }
    for (const each of manifests) await this.visit(each, depth + 1);
  }

  async #manifest(descriptor: Descriptor, manifest: ImageManifest): Promise<void> {
    const role = manifestRole(manifest);
    if (role.kind !== 'image') {
      this.#attach(descriptor, role);
      return;
    }
    if (!isKnown(descriptor.mediaType))
      this.#report(
        'media-type-unknown',
        descriptor.digest,
        `named as ${descriptor.mediaType || 'nothing'}, it is an image`,
      );
    const { config } = manifest;
    const isAvailable = config !== undefined && (await this.#has(config));
    const platform = realPlatform(descriptor) ?? (isAvailable ? await this.#platformIn(config) : undefined);
    this.#add({
      manifest: descriptor,
      isAvailable,
      ...(platform && { platform }),
      ...(config && { configDigest: config.digest }),
    });
  }

  async #has(config: Descriptor): Promise<boolean> {
    return config.data !== undefined || (await this.#blobs.find(config)) !== undefined;
  }

  async #platformIn(descriptor: Descriptor): Promise<Platform | undefined> {
    const { bytes } = await this.#blobs.read(descriptor, 'config', this.#options);
    return bytes && platformInConfig(bytes);
  }

  /** What should be an image stays visible as one; what nobody called an image is data. */
  #unreadable(descriptor: Descriptor): void {
    if (isManifestType(descriptor.mediaType)) this.#unavailable(descriptor);
    else if (!isIndexType(descriptor.mediaType)) this.#attach(descriptor, { kind: 'artifact' });
  }

  #unavailable(descriptor: Descriptor): void {
    const platform = realPlatform(descriptor);
    this.#add({ manifest: descriptor, isAvailable: false, ...(platform && { platform }) });
  }

  #add(variant: Omit<FoundVariant, 'position'>): void {
    this.variants.push({ position: this.variants.length, ...variant });
  }

  #attach(descriptor: Descriptor, role: ManifestRole): void {
    if (role.kind === 'image') return;
    this.attachments.push({ descriptor, ...role });
  }

  #report(code: Problem['code'], subject: string, detail: string): void {
    this.problems.push({ code, subject, detail });
  }
}

/** The platform a config names; undefined when it is no config. Its problems are told when the image is resolved. */
export function platformInConfig(bytes: Uint8Array): Platform | undefined {
  try {
    const object = asObject(parseJson(bytes, '', 'config').value);
    return object && platformOf(object);
  } catch {
    return undefined;
  }
}

function isKnown(mediaType: string): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

/** Whether an index tells by itself that this is an image, and for which platform. */
function saysEnough(descriptor: Descriptor): boolean {
  const { mediaType, artifactType } = descriptor;
  return isManifestType(mediaType) && artifactType === undefined && realPlatform(descriptor) !== undefined;
}

function realPlatform({ platform }: Descriptor): Platform | undefined {
  return platform?.os === 'unknown' && platform.architecture === 'unknown' ? undefined : platform;
}
