import { isEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { asObject, textMember } from '../oci/json.ts';
import { createUnionView } from '../rootfs/unionView.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import type { EngineContainerDetails } from '../sources/dockerEngine/engineApi.ts';
import type { Image } from '../sources/image.ts';
import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';
import type { ImageAccess } from './storedContainers.ts';

/** What the engine knows of images that lie elsewhere. */
export interface FarImageAccess extends ImageAccess {
  /** Whether a layer's index can be had without fetching anything. */
  isAtHand(image: Image, layer: number): Promise<boolean>;
}

/** The images of an engine, where one is found by its ID. */
export interface ImagesById extends ImageSource {
  /** @throws EngineError `not-found`. */
  find(name: string, options?: CallOptions): Promise<ImageEntry>;
}

/** An image of the engine, as calls about it take it. */
export interface EngineOwnImage {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
  readonly image: Image;
}

/** The image that a container was made of, and its files as soon as its layers are here. */
export class ImageOfContainer {
  readonly #source: (options?: CallOptions) => Promise<ImagesById>;
  readonly #images: FarImageAccess;
  #found: EngineOwnImage | undefined;
  #base: ContainerBase | undefined;

  constructor(source: (options?: CallOptions) => Promise<ImagesById>, images: FarImageAccess) {
    this.#source = source;
    this.#images = images;
  }

  /** Undefined when the engine has it no more. */
  async find(details: EngineContainerDetails, options?: CallOptions): Promise<EngineOwnImage | undefined> {
    if (this.#found !== undefined) return this.#found;
    try {
      const source = await this.#source(options);
      const entry = await source.find(details.imageId, options);
      const variant = variantOf(entry, details);
      if (variant === undefined) return undefined;
      const image = await this.#images.image(source, entry, variant, options);
      return (this.#found = { source, entry, variant, image });
    } catch (error) {
      if (isEngineError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  /** Its files, when nothing has to be fetched for them. */
  async baseAtHand(
    details: EngineContainerDetails,
    options?: CallOptions,
  ): Promise<ContainerBase | undefined> {
    if (this.#base !== undefined) return this.#base;
    const { image } = (await this.find(details, options)) ?? {};
    if (image === undefined) return undefined;
    const atHand = await Promise.all(
      image.layers.map(({ position }) => this.#images.isAtHand(image, position)),
    );
    return atHand.every(Boolean) ? this.base(details, options) : undefined;
  }

  /** Its files; what of its layers is not here is fetched. Undefined when they cannot be had whole. */
  async base(details: EngineContainerDetails, options?: CallOptions): Promise<ContainerBase | undefined> {
    if (this.#base !== undefined) return this.#base;
    const { image } = (await this.find(details, options)) ?? {};
    if (image === undefined) return undefined;
    const layers = await this.#images.layers(image, options);
    if (layers.some(({ isComplete }) => !isComplete)) return undefined;
    const read: ContainerBase['read'] = (...file) => this.#images.read(image, ...file);
    return (this.#base = { view: createUnionView(layers), read });
  }
}

/** The one that the container runs, where the image has several: its engine tells, or has only one whole. */
function variantOf({ variants }: ImageEntry, { json }: EngineContainerDetails): ImageVariant | undefined {
  const manifest = textMember(asObject(json['ImageManifestDescriptor']) ?? {}, 'digest');
  const [first] = variants.filter(({ isAvailable }) => isAvailable);
  return variants.find((each) => each.manifest !== undefined && each.manifest.digest === manifest) ?? first;
}
