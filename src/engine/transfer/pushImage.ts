import { EngineError, isEngineError } from '../base/errors.ts';
import { forEachAtOnce } from '../base/forEachAtOnce.ts';
import type { Digest } from '../oci/digest.ts';
import { manifestLimit } from '../oci/manifest.ts';
import { parseLayerType } from '../oci/mediaType.ts';
import { choosePlatform, parsePlatform } from '../oci/platform.ts';
import { formatReference, parseReference, type Reference, withDefaultTag } from '../oci/reference.ts';
import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';
import type { PushMemory } from '../sources/registry/pushMemory.ts';
import type { RegistryClient } from '../sources/registry/registryClient.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { ImagePlan, PackLayer, PlannedBlob } from './imagePlan.ts';
import { distinct, type MountCandidates, mountCandidates } from './mountCandidates.ts';
import { planImage } from './planImage.ts';
import { PushedBlobs } from './pushBlob.ts';
import { pushManifest } from './pushManifest.ts';
import { TransferLog } from './transferLog.ts';
import type { PushRequest, TransferOptions, TransferResult } from './transferReport.ts';

/** What a push needs. */
export interface PushParts {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly request: PushRequest;
  /** Of the destination's registry. */
  readonly client: RegistryClient;
  readonly hashBlob: CopyBlob;
  readonly packLayer?: PackLayer;
  /** Which repositories of the registry were sent a blob before. */
  readonly memory?: PushMemory;
}

/**
 * Sends an image to a registry: layers and configs, then manifests, children first, then the tag. What the repository has
 * is not sent; what another repository of the registry has is mounted. Manifests stay byte for byte, so digests are kept.
 * Nothing is named before everything is there.
 *
 * @throws EngineError as `planImage` and the client; `invalid-reference` for a destination with a digest; `not-found` for
 *   a platform that the image does not have; `limit-exceeded` for manifests larger than registries take.
 */
export async function pushImage(parts: PushParts, options: TransferOptions = {}): Promise<TransferResult> {
  const { source, entry, request, client, hashBlob, packLayer, memory } = parts;
  const destination = destinationOf(request);
  const variant = chosenVariant(entry, request);
  const asked = { source, entry, ...(variant && { variant }), ...(packLayer && { packLayer }) };
  const planned = await planImage(asked, hashBlob, options);
  const plan = withoutForeign(planned);
  requireSmallManifests(plan);
  const log = new TransferLog(plan.blobs, plan.manifests, options);
  const likely = await mountCandidates(source, entry, destination, options);
  const remembered = await memory?.pathsIn(destination.domain);
  const candidates: MountCandidates = (digest) =>
    distinct(
      [...(request.mountFrom ?? []), ...(remembered?.(digest) ?? []), ...likely(digest)],
      destination.path,
    );
  const blobs = new PushedBlobs({ client, path: destination.path, candidates, log });
  await pushAll(plan, blobs, options);
  await pushManifests(plan, destination, client, blobs, log, options);
  await memory?.add(destination.domain, destination.path, contentOf(plan));
  return log.result(plan.target, formatReference(destination));
}

/** @throws EngineError `invalid-reference`: what a digest names is decided by the bytes, not by who sends them. */
export function destinationOf({ destination }: PushRequest): Reference {
  const reference = withDefaultTag(parseReference(destination.replace(/^docker:\/\//, '')));
  if (reference.digest === undefined) return reference;
  throw new EngineError('invalid-reference', destination, 'an image is sent to a tag, not to a digest');
}

function chosenVariant(entry: ImageEntry, { platform }: PushRequest): ImageVariant | undefined {
  if (platform === undefined) return undefined;
  const position = choosePlatform(
    parsePlatform(platform),
    entry.variants.map((variant) => variant.platform),
  );
  const variant = position === undefined ? undefined : entry.variants[position];
  if (variant !== undefined) return variant;
  throw new EngineError('not-found', entry.names[0] ?? platform, `it has no image for ${platform}`);
}

/** What may not be passed on stays where it is, as with docker (image-spec, layer.md, non-distributable layers). */
function withoutForeign(plan: ImagePlan): ImagePlan {
  const mayGo = ({ descriptor }: PlannedBlob): boolean =>
    parseLayerType(descriptor.mediaType)?.isForeign !== true;
  return { ...plan, blobs: plan.blobs.filter(mayGo) };
}

function requireSmallManifests({ blobs }: ImagePlan): void {
  for (const { kind, descriptor } of blobs)
    if (kind === 'manifest' && descriptor.size > manifestLimit)
      throw new EngineError('limit-exceeded', descriptor.digest, 'registries take manifests up to 4 MiB');
}

function contentOf({ blobs }: ImagePlan): readonly Digest[] {
  return blobs.filter(({ kind }) => kind === 'blob').map(({ descriptor }) => descriptor.digest);
}

/** As docker's engine does at once by default is five; three fill a line and leave the registry room. */
const uploadsAtOnce = 3;

async function pushAll({ blobs }: ImagePlan, pushed: PushedBlobs, options: TransferOptions): Promise<void> {
  const content = blobs.filter(({ kind }) => kind === 'blob');
  await forEachAtOnce(content, uploadsAtOnce, options.signal, (blob, signal) => pushed.push(blob, signal));
}

async function pushManifests(
  plan: ImagePlan,
  { path, tag = 'latest' }: Reference,
  client: RegistryClient,
  blobs: PushedBlobs,
  log: TransferLog,
  options: TransferOptions,
): Promise<void> {
  for (const manifest of plan.blobs.filter(({ kind }) => kind === 'manifest')) {
    const isTarget = manifest.descriptor.digest === plan.target.digest;
    const send = (): Promise<void> =>
      pushManifest({ client, path, manifest, log, ...(isTarget && { tag }) }, options.signal);
    try {
      await send();
    } catch (error) {
      if (!lacksBlob(error)) throw error;
      // It said that it had them, and they are gone, or it is a moment behind itself: once more, without asking.
      for (const blob of plan.blobs) if (blob.kind === 'blob') await blobs.pushAgain(blob, options.signal);
      await send();
    }
  }
}

/** The registry's own code for it (distribution-spec, "Error Codes"). */
function lacksBlob(error: unknown): boolean {
  return isEngineError(error, 'refused') || isEngineError(error, 'not-found')
    ? error.detail.includes('BLOB_UNKNOWN')
    : false;
}
