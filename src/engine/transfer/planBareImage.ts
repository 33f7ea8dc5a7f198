import { readBlob } from '../archive/readBlob.ts';
import { sniffCompression, sniffLength } from '../archive/compression.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, type DiffId } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/imageConfig.ts';
import { mediaTypes } from '../oci/mediaType.ts';
import type { ImageCore, ImageEntry, ImageSource, ImageVariant, LayerBlob } from '../sources/imageSource.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { ImagePlan, PlannedBlob } from './imagePlan.ts';

/**
 * The plan for an image whose archive has only `manifest.json`. It gets the manifest that Docker Engine 29 writes for it
 * into an empty containerd store (formats.md §3.4), over the layers as they are, so that nothing is packed anew and
 * diffIDs stay.
 *
 * @throws EngineError `not-found` for a missing config or layer.
 */
export async function planBareImage(
  request: { readonly source: ImageSource; readonly entry: ImageEntry; readonly variant?: ImageVariant },
  hashBlob: CopyBlob,
  options: CallOptions,
): Promise<ImagePlan> {
  const { source, entry } = request;
  const variant = request.variant ?? entry.variants[0];
  const core = variant && (await source.resolve(entry, variant, options));
  if (core?.configBytes === undefined)
    throw new EngineError('not-found', source.location, 'the image has no config');
  const config = planned(core.configBytes, mediaTypes.dockerConfig);
  const layers = await plannedLayers(core, core.configBytes, hashBlob, options);
  const manifest = planned(manifestBytes(config.descriptor, layers), mediaTypes.dockerManifest);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  return {
    target: manifest.descriptor,
    blobs: [...unique(layers), config, manifest],
    manifests: [{ descriptor: manifest.descriptor, config: config.descriptor, layers: descriptors }],
  };
}

function planned(bytes: Uint8Array, mediaType: string): PlannedBlob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, from: bytes };
}

async function plannedLayers(
  core: ImageCore,
  configBytes: Uint8Array,
  hashBlob: CopyBlob,
  options: CallOptions,
): Promise<readonly PlannedBlob[]> {
  const { diffIds } = parseImageConfig(configBytes, digestOf(configBytes)).config;
  const layers: PlannedBlob[] = [];
  for (const [position, layer] of core.layers.entries()) {
    const claimed = layer.claimedDiffId ?? diffIds[position];
    layers.push(await plannedLayer(layer, position, claimed, hashBlob, options));
  }
  return layers;
}

async function plannedLayer(
  { location }: LayerBlob,
  position: number,
  diffId: DiffId | undefined,
  hashBlob: CopyBlob,
  options: CallOptions,
): Promise<PlannedBlob> {
  if (location === undefined)
    throw new EngineError('not-found', `layer ${position}`, 'the archive lacks this layer');
  const head = { ...location, size: Math.min(location.size, sniffLength) };
  const compression = sniffCompression(await readBlob(head, sniffLength, `layer ${position}`));
  const isPlain = compression === 'tar' || compression === 'empty';
  // A plain layer's diffID names the blob too; whether the bytes are those is seen when they are copied.
  const digest =
    isPlain && diffId !== undefined
      ? (diffId as string as Digest)
      : (await hashBlob({ from: location, algorithm: 'sha256' }, options)).digest;
  const mediaType = isPlain ? mediaTypes.dockerLayer : `${mediaTypes.dockerLayer}.${compression}`;
  return { descriptor: { mediaType, digest, size: location.size }, from: location };
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
