import type { Image } from '../sources/image.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { compareBytes } from './goJson.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/mediaType.ts';

/** A layer's blob as it is stored. */
export interface StoredLayer {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly isCompressed: boolean;
}

/**
 * What Docker's containerd store calls an image by: what `index.json` names or, for an archive that has only
 * `manifest.json`, the manifest that store writes when it is empty (formats.md §3.4).
 *
 * @param storedLayers hashes the layers' blobs; called only where a manifest must be written.
 * @returns undefined when the image lacks a config or a layer, so that the store would refuse it.
 */
export async function containerdTarget(
  image: Image,
  storedLayers: () => Promise<readonly StoredLayer[]>,
): Promise<Descriptor | undefined> {
  const { core } = image;
  if (core.target !== undefined) return core.target;
  if (core.configBytes === undefined || core.layers.some(({ location }) => location === undefined))
    return undefined;
  const manifest = writtenManifest(core.configBytes, await storedLayers());
  const [name] = [...core.names].sort(compareBytes);
  return {
    mediaType: mediaTypes.dockerManifest,
    digest: digestOf(manifest),
    size: manifest.length,
    ...(name !== undefined && {
      annotations: {
        'io.containerd.image.name': name,
        'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
      },
    }),
  };
}

function writtenManifest(config: Uint8Array, layers: readonly StoredLayer[]): Buffer {
  const described = layers.map(({ digest, size, isCompressed }) => ({
    // Whatever the compression is: gzip is the only one that store writes.
    mediaType: isCompressed ? mediaTypes.dockerLayerGzip : mediaTypes.dockerLayer,
    digest,
    size,
  }));
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: { mediaType: mediaTypes.dockerConfig, digest: digestOf(config), size: config.length },
    layers: described,
  };
  return Buffer.from(JSON.stringify(document));
}
