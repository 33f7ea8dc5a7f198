import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { Digest, ImageId } from '../oci/digest.ts';
import type { HistoryItem, ImageConfig } from '../oci/imageConfig.ts';
import type { Platform } from '../oci/platform.ts';
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
  /** By the config's name: hostile elements may all name one. The bytes are read anew, not kept. */
  readonly #configs = new Map<string, Promise<ConfigFacts>>();

  constructor(files: FilesPort, elements: readonly DockerElement[]) {
    this.#files = files;
    this.elements = elements;
  }

  async entry(element: DockerElement, position: number): Promise<ImageEntry> {
    const { digest, platform } = await this.#facts(element);
    return {
      position,
      names: element.names,
      variants: [{ position: 0, isAvailable: digest !== undefined, ...(platform && { platform }) }],
      attachments: [],
      problems: element.problems,
    };
  }

  async core(element: DockerElement, names: readonly string[]): Promise<ImageCore> {
    const config = await this.#readConfig(element.config);
    const layers = await this.#layers(element, config.bytes);
    const problems = [...element.problems, ...config.problems, ...(await checkLayers(element, layers))];
    const parents = await this.#parents(element);
    return {
      names,
      ...(config.bytes && { configBytes: config.bytes }),
      layers,
      attachments: [],
      ...(parents.length > 0 && { parents }),
      problems,
    };
  }

  /** The digest of an element's config, by its bytes; undefined when the archive lacks it. */
  async configDigest(element: DockerElement): Promise<Digest | undefined> {
    return (await this.#facts(element)).digest;
  }

  /** The images an element was built on, nearest first, as far as `Parent` names images of this archive. */
  async #parents(element: DockerElement): Promise<readonly ImageId[]> {
    const parents: ImageId[] = [];
    for (let child = element; child.parent !== undefined;) {
      const parent = await this.#withDigest(child.parent);
      if (parent === undefined || parents.length >= this.elements.length) break;
      if (!isOneStepBelow(await this.#history(parent), await this.#history(child))) break;
      parents.push(child.parent as ImageId);
      child = parent;
    }
    return parents;
  }

  /** The same for the image with that config. */
  async parentsOf(config: Uint8Array): Promise<readonly ImageId[]> {
    const element = await this.#withDigest(digestOf(config));
    return element === undefined ? [] : this.#parents(element);
  }

  /** Where a config with that digest lies. */
  async locate(digest: Digest): Promise<BlobLocation | undefined> {
    const element = await this.#withDigest(digest);
    return element && this.#files.locate(element.config);
  }

  async #withDigest(digest: string): Promise<DockerElement | undefined> {
    for (const element of this.elements) if ((await this.configDigest(element)) === digest) return element;
    return undefined;
  }

  #facts({ config: name }: DockerElement): Promise<ConfigFacts> {
    let facts = this.#configs.get(name);
    if (facts === undefined) {
      facts = this.#readConfig(name).then(({ bytes }) => (bytes === undefined ? {} : factsOf(bytes)));
      this.#configs.set(name, facts);
    }
    return facts;
  }

  async #history({ config }: DockerElement): Promise<readonly HistoryItem[]> {
    const { bytes } = await this.#readConfig(config);
    return (bytes && readConfig(bytes)?.history) ?? [];
  }

  async #readConfig(name: string): Promise<DocumentBytes> {
    if (name === '') return { problems: [] };
    const location = await this.#files.locate(name);
    if (location === undefined) return { problems: [{ code: 'config-missing', subject: name }] };
    return readDocument(location, name);
  }

  async #layers(element: DockerElement, config: Uint8Array | undefined): Promise<readonly LayerBlob[]> {
    const diffIds = (config && readConfig(config)?.diffIds) ?? [];
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

interface ConfigFacts {
  readonly digest?: Digest;
  readonly platform?: Platform | undefined;
}

function factsOf(config: Uint8Array): ConfigFacts {
  return { digest: digestOf(config), platform: platformInConfig(config) };
}

/** The config, or undefined when it is none; its problems are told when the image is made. */
function readConfig(bytes: Uint8Array): ImageConfig | undefined {
  try {
    return parseImageConfig(bytes, '').config;
  } catch (error) {
    if (isEngineError(error)) return undefined;
    throw error;
  }
}

/** What docker checks before it links an image to its parent: the same history but for the last step. */
function isOneStepBelow(parent: readonly HistoryItem[], child: readonly HistoryItem[]): boolean {
  if (parent.length === 0 && child.length === 0) return true;
  return child.length === parent.length + 1 && JSON.stringify(child.slice(0, -1)) === JSON.stringify(parent);
}

async function checkLayers(
  element: DockerElement,
  layers: readonly LayerBlob[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [position, layer] of layers.entries()) {
    const name = element.layers[position] ?? '';
    if (nameParts(name) === undefined) {
      const detail = 'it leads out of the archive';
      problems.push({ code: 'archive-entry-escapes', subject: name, detail, layer: position });
    }
    problems.push(...(await checkLayer(layer, position, name)));
  }
  return problems;
}
