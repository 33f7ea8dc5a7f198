import { bringHere } from '../archive/remoteBlob.ts';
import { readBlob } from '../archive/readBlob.ts';
import { sniffCompression, sniffLength } from '../archive/compression.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, type DiffId, isDigest } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/imageConfig.ts';
import { mediaTypes } from '../oci/mediaType.ts';
import type {
  BlobKind,
  ImageCore,
  ImageEntry,
  ImageSource,
  ImageVariant,
  LayerBlob,
} from '../sources/imageSource.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { ImagePlan, PlannedBlob, PlanRequest } from './imagePlan.ts';

/**
 * The plan for an image whose archive has only `manifest.json`. It gets the manifest that Docker Engine 29 writes for it
 * into an empty containerd store (formats.md §3.4), over the layers as they are, so that diffIDs stay; packed first where
 * the request says how.
 *
 * @throws EngineError `not-found` for a missing config or layer.
 */
export async function planBareImage(
  request: PlanRequest,
  hashBlob: CopyBlob,
  options: CallOptions,
): Promise<ImagePlan> {
  const { source, entry } = request;
  const variant = request.variant ?? entry.variants[0];
  const core = variant && (await resolveTruly(source, entry, variant, options));
  if (core?.configBytes === undefined)
    throw new EngineError('not-found', source.location, 'the image has no config');
  const config = planned('blob', core.configBytes, mediaTypes.dockerConfig);
  const layers = await plannedLayers(core, core.configBytes, { ...request, hashBlob }, options);
  const manifest = planned('manifest', manifestBytes(config.descriptor, layers), mediaTypes.dockerManifest);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  return {
    target: manifest.descriptor,
    blobs: [...unique(layers), config, manifest],
    manifests: [{ descriptor: manifest.descriptor, config: config.descriptor, layers: descriptors }],
  };
}

/** An engine gives an image's true config only with its layers: they are brought here first. */
async function resolveTruly(
  source: ImageSource,
  entry: ImageEntry,
  variant: ImageVariant,
  options: CallOptions,
): Promise<ImageCore> {
  const core = await source.resolve(entry, variant, options);
  if (core.isProvisional !== true) return core;
  const { claimedImageId } = core;
  const config = isDigest(claimedImageId) ? await source.locate(claimedImageId) : undefined;
  if (config !== undefined) await bringHere(config, options);
  else for (const { remote } of core.layers) await remote?.fetch(options);
  const anew = await source.resolve(entry, variant, options);
  if (anew.isProvisional !== true) return anew;
  throw new EngineError('not-found', entry.engineId ?? source.location, 'its true config did not come');
}

function planned(kind: BlobKind, bytes: Uint8Array, mediaType: string): PlannedBlob {
  return { kind, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, from: bytes };
}

async function plannedLayers(
  core: ImageCore,
  configBytes: Uint8Array,
  tools: LayerTools,
  options: CallOptions,
): Promise<readonly PlannedBlob[]> {
  const { diffIds } = parseImageConfig(configBytes, digestOf(configBytes)).config;
  const layers: PlannedBlob[] = [];
  for (const [position, layer] of core.layers.entries()) {
    const claimed = layer.claimedDiffId ?? diffIds[position];
    layers.push(await plannedLayer(layer, position, claimed, tools, options));
  }
  return layers;
}

async function plannedLayer(
  layer: LayerBlob,
  position: number,
  diffId: DiffId | undefined,
  { hashBlob, packLayer }: LayerTools,
  options: CallOptions,
): Promise<PlannedBlob> {
  const location = layer.location ?? (await layer.remote?.fetch(options));
  if (location === undefined)
    throw new EngineError('not-found', `layer ${position}`, 'the archive lacks this layer');
  const head = { ...location, size: Math.min(location.size, sniffLength) };
  const compression = sniffCompression(await readBlob(head, sniffLength, `layer ${position}`));
  const isPlain = compression === 'tar' || compression === 'empty';
  if (isPlain && packLayer !== undefined) {
    const packed = await packLayer(location, diffId, options);
    const { digest, location: from } = packed;
    return {
      kind: 'blob',
      descriptor: { mediaType: mediaTypes.dockerLayerGzip, digest, size: from.size },
      from,
    };
  }
  // A plain layer's diffID names the blob too; whether the bytes are those is seen when they are copied.
  const digest =
    isPlain && diffId !== undefined
      ? (diffId as string as Digest)
      : (await hashBlob({ from: location, algorithm: 'sha256' }, options)).digest;
  const mediaType = isPlain ? mediaTypes.dockerLayer : `${mediaTypes.dockerLayer}.${compression}`;
  return { kind: 'blob', descriptor: { mediaType, digest, size: location.size }, from: location };
}

interface LayerTools extends Pick<PlanRequest, 'packLayer'> {
  readonly hashBlob: CopyBlob;
}

/** Compact, in this order of members: the manifest's digest is the image's ID in that store. */
function manifestBytes(config: Descriptor, layers: readonly PlannedBlob[]): Uint8Array {
  const short = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest, size });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: short(config),
      layers: layers.map(({ descriptor }) => short(descriptor)),
    }),
  );
}

/** An image can have the same layer several times. */
function unique(layers: readonly PlannedBlob[]): readonly PlannedBlob[] {
  return [...new Map(layers.map((layer) => [layer.descriptor.digest, layer])).values()];
}
