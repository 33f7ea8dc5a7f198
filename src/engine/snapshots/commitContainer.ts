import { throwIfAborted } from '../base/abort.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DiffId, Digest } from '../oci/digest.ts';
import { asList, asObject, type JsonObject, member } from '../oci/json.ts';
import { manifestLimit, parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/mediaType.ts';
import { normalizeName, parseReference } from '../oci/reference.ts';
import type { CopiedBlob } from '../store/blobStore.ts';
import { configLimit } from '../store/containerImages.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { documentReferences } from '../store/documentReferences.ts';
import type { Lease } from '../store/leases.ts';
import { withConfigChanges } from './configChanges.ts';
import type { Container } from './container.ts';
import { type PackContainer, type PackedLayer, packOn } from './packContainer.ts';

export interface CommitRequest {
  /** What the new image is called; nothing when left out. */
  readonly name?: string;
  readonly message?: string;
  readonly author?: string;
  /** The step's command in the history; as with docker, the image's own when left out. */
  readonly createdBy?: string;
  /** Instructions as docker's `--change` takes them, see {@link withConfigChanges}. */
  readonly changes?: readonly string[];
  /** RFC 3339; now when left out. */
  readonly created?: string;
}

export interface CommittedImage {
  readonly manifest: Descriptor;
  readonly config: Digest;
  /** The new layer; undefined when the container changed nothing. */
  readonly layer?: PackedLayer;
}

export interface CommitOptions extends CallOptions {
  /** Where the layer is packed; on the calling thread when left out. */
  readonly pack?: PackContainer;
}

/**
 * Makes an image of a container: its image's layers as they are, and what the writable layer holds as one more. Config
 * and history are as docker's containerd store writes them (formats.md §3.2). Nothing that is there is changed, and the
 * image is named when all of it is on the disk.
 *
 * @throws EngineError `invalid-reference`, `invalid-config` for a change that is not understood, `no-space`, `cancelled`.
 */
export async function commitContainer(
  store: DiskStore,
  container: Container,
  request: CommitRequest,
  { pack = packOn(store.disk), ...options }: CommitOptions = {},
): Promise<CommittedImage> {
  if (request.name !== undefined) parseReference(request.name);
  const base = await readBase(store, container.config.image.manifest);
  const runtime = withConfigChanges(asObject(member(base.config, 'config')) ?? {}, request.changes ?? []);
  await using lease = store.leases.take();
  await lease.hold(base.blobs);
  const packTo = (destination: string): Promise<PackedLayer | undefined> =>
    pack(container, destination, options);
  const layer = await writeLayer(store, lease, packTo, options.signal);
  throwIfAborted(options.signal, container.config.name);
  const config = await addJson(store, lease, newConfig(base.config, runtime, layer?.diffId, request));
  const manifest = await addJson(store, lease, newManifest(base.manifest, config, layer));
  const target = { mediaType: mediaTypeOf(base.manifest), ...manifest };
  const blobs = [...base.required, config.digest, ...(layer === undefined ? [] : [layer.digest])];
  const names = request.name === undefined ? [] : [normalizeName(request.name)];
  await store.refs.put(target, names, () => requireStored(store, blobs));
  return { manifest: target, config: config.digest, ...(layer && { layer }) };
}

interface BaseImage {
  readonly manifest: JsonObject;
  readonly config: JsonObject;
  /** All that it names. */
  readonly blobs: readonly Digest[];
  readonly required: readonly Digest[];
}

async function readBase(store: DiskStore, digest: Digest): Promise<BaseImage> {
  const bytes = await store.blobs.read(digest, manifestLimit);
  const parsed = parseManifest(bytes, digest);
  if (parsed.kind !== 'manifest' || parsed.config === undefined)
    throw new EngineError('unsupported', digest, 'this is not the manifest of an image');
  const config = await store.blobs.read(parsed.config.digest, configLimit);
  const references = documentReferences(bytes, digest) ?? [];
  return {
    manifest: parseObject(bytes, digest),
    config: parseObject(config, parsed.config.digest),
    blobs: references.map((reference) => reference.digest),
    required: references.filter(({ isOptional }) => !isOptional).map((reference) => reference.digest),
  };
}

/** Both were parsed already, and found to be what they have to be. */
function parseObject(bytes: Uint8Array, subject: string): JsonObject {
  const value = asObject(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (value === undefined) throw new EngineError('invalid-config', subject, 'it is not a JSON object');
  return value;
}

/**
 * Packs the changes into a file of the lease, and gives it to the store under the digest of what was written. Undefined
 * when there is nothing to pack.
 */
async function writeLayer(
  store: DiskStore,
  lease: Lease,
  pack: (destination: string) => Promise<PackedLayer | undefined>,
  signal: AbortSignal | undefined,
): Promise<PackedLayer | undefined> {
  const temporary = store.places.newTemporary(lease.id);
  try {
    const layer = await pack(temporary);
    if (layer === undefined) return undefined;
    const { digest, size } = layer;
    const from = { file: temporary, offset: 0, size };
    await store.blobs.adopt(from, { digest, size }, lease, signal && { signal });
    return layer;
  } finally {
    await store.disk.remove(temporary).catch(() => undefined);
  }
}

async function addJson(store: DiskStore, lease: Lease, value: JsonObject): Promise<CopiedBlob> {
  return store.blobs.addBytes(Buffer.from(JSON.stringify(value)), lease);
}

/** Members of docker's classic builder, true of the container that made the base only. */
const stale = new Set([
  'id',
  'parent',
  'container',
  'container_config',
  'docker_version',
  'comment',
  'author',
]);

function newConfig(
  base: JsonObject,
  runtime: JsonObject,
  diffId: DiffId | undefined,
  { message, author, createdBy, created = new Date().toISOString() }: CommitRequest,
): JsonObject {
  const kept = Object.fromEntries(Object.entries(base).filter(([key]) => !stale.has(key)));
  const rootfs = asObject(member(base, 'rootfs')) ?? {};
  const diffIds = [...asList(member(rootfs, 'diff_ids')), ...(diffId === undefined ? [] : [diffId])];
  const item = {
    created,
    created_by: createdBy ?? asList(member(asObject(member(base, 'config')) ?? {}, 'Cmd')).join(' '),
    ...(author !== undefined && { author }),
    ...(message !== undefined && { comment: message }),
    ...(diffId === undefined && { empty_layer: true }),
  };
  return {
    ...kept,
    created,
    ...(author !== undefined && { author }),
    config: runtime,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [...asList(member(base, 'history')), item],
  };
}

function newManifest(base: JsonObject, config: CopiedBlob, layer: PackedLayer | undefined): JsonObject {
  const isDocker = mediaTypeOf(base) === mediaTypes.dockerManifest;
  const mediaType = isDocker ? mediaTypes.dockerLayerGzip : `${mediaTypes.ociLayer}+gzip`;
  const top = layer === undefined ? [] : [{ mediaType, digest: layer.digest, size: layer.size }];
  return {
    schemaVersion: 2,
    mediaType: mediaTypeOf(base),
    config: { mediaType: isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, ...config },
    layers: [...asList(member(base, 'layers')), ...top],
  };
}

function mediaTypeOf(manifest: JsonObject): string {
  return member(manifest, 'mediaType') === mediaTypes.dockerManifest
    ? mediaTypes.dockerManifest
    : mediaTypes.ociManifest;
}

/** The last look, under the lock: a lease can have been taken for dead while this process was suspended. */
async function requireStored(store: DiskStore, digests: readonly Digest[]): Promise<void> {
  for (const digest of digests)
    if ((await store.blobs.find(digest)) === undefined)
      throw new EngineError('not-found', digest, 'the blob was removed while the container was committed');
}
