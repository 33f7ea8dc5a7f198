import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import type { DockerElement } from './dockerManifest.ts';
import type { ImageCore, ImageEntry, LayerBlob } from './imageSource.ts';
import { nameParts } from '../archive/archiveName.ts';
import { isEngineError } from '../base/errors.ts';
import { digestOf } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/imageConfig.ts';
import { checkLayer } from './layerBlobs.ts';
import { type DocumentBytes, readDocument } from './sourceBlobs.ts';
import { platformInConfig } from './walkIndex.ts';

/** The images a docker archive's `manifest.json` names: configs and layers by their names in the archive. */
export class DockerImages {
  readonly elements: readonly DockerElement[];
  readonly #files: FilesPort;
  readonly #configs = new Map<DockerElement, Promise<DocumentBytes>>();

  constructor(files: FilesPort, elements: readonly DockerElement[]) {
    this.#files = files;
    this.elements = elements;
  }

  async entry(element: DockerElement, position: number): Promise<ImageEntry> {
    const { bytes } = await this.#config(element);
    const platform = bytes && platformInConfig(bytes);
    return {
      position,
      names: element.names,
      variants: [{ position: 0, isAvailable: bytes !== undefined, ...(platform && { platform }) }],
      attachments: [],
      problems: element.problems,
    };
  }

  async core(element: DockerElement, names: readonly string[]): Promise<ImageCore> {
    const config = await this.#config(element);
    const layers = await this.#layers(element, config.bytes);
    const found: Problem[] = [...element.problems, ...config.problems];
    for (const [position, layer] of layers.entries()) {
      const name = element.layers[position] ?? '';
      if (nameParts(name) === undefined)
        found.push({
          code: 'archive-entry-escapes',
          subject: name,
          detail: 'it leads out of the archive',
          layer: position,
        });
      found.push(...(await checkLayer(layer, position, name)));
    }
    return {
      names,
      ...(config.bytes && { configBytes: config.bytes }),
      layers,
      attachments: [],
      problems: found,
    };
  }

  /** The digest of an element's config, by its bytes; undefined when the archive lacks it. */
  async configDigest(element: DockerElement): Promise<Digest | undefined> {
    const { bytes } = await this.#config(element);
    return bytes && digestOf(bytes);
  }

  /** Where a config with that digest lies. */
  async locate(digest: Digest): Promise<BlobLocation | undefined> {
    for (const element of this.elements)
      if ((await this.configDigest(element)) === digest) return this.#files.locate(element.config);
    return undefined;
  }

  #config(element: DockerElement): Promise<DocumentBytes> {
    let config = this.#configs.get(element);
    if (config === undefined) {
      config = this.#readConfig(element);
      this.#configs.set(element, config);
    }
    return config;
  }

  async #readConfig({ config: name }: DockerElement): Promise<DocumentBytes> {
    if (name === '') return { problems: [] };
    const location = await this.#files.locate(name);
    if (location === undefined) return { problems: [{ code: 'config-missing', subject: name }] };
    return readDocument(location, name);
  }

  async #layers(element: DockerElement, config: Uint8Array | undefined): Promise<readonly LayerBlob[]> {
    const diffIds = config === undefined ? [] : claimedDiffIds(config);
    const layers: LayerBlob[] = [];
    for (const [position, name] of element.layers.entries()) {
      const location = await this.#files.locate(name);
      const diffId = diffIds[position];
      const descriptor = diffId && element.layerSources.get(diffId);
      layers.push({
        ...(descriptor && { descriptor, claimedDiffId: diffId }),
        ...(location && { location }),
      });
    }
    return layers;
  }
}

function claimedDiffIds(config: Uint8Array): readonly (DiffId | undefined)[] {
  try {
    return parseImageConfig(config, '').config.diffIds;
  } catch (error) {
    if (isEngineError(error)) return [];
    throw error;
  }
}
