import type { BuilderImage } from './builderImage.ts';
import { firstDifference } from './containerConfig.ts';
import { type ExpectedStep, isCommand, isCreatedBy } from './expectedStep.ts';

/** The images of an engine, as the classic builder looks for them. */
export class ImageShelf {
  readonly all: readonly BuilderImage[];
  readonly #byId: ReadonlyMap<string, BuilderImage>;
  readonly #byName = new Map<string, BuilderImage>();
  readonly #children = new Map<string, BuilderImage[]>();
  readonly #comparesAll: boolean;

  /** @param comparesAll whether more than command, environment and the like counts, as from engine 25 on. */
  constructor(images: readonly BuilderImage[], comparesAll: boolean) {
    this.all = images;
    this.#comparesAll = comparesAll;
    this.#byId = new Map(images.map((image) => [image.id, image]));
    for (const image of images) {
      for (const name of image.names) this.#byName.set(name, image);
      const siblings = this.#children.get(image.parent);
      if (siblings === undefined) this.#children.set(image.parent, [image]);
      else siblings.push(image);
    }
  }

  /** By its complete name or its ID. */
  find(name: string): BuilderImage | undefined {
    return this.#byName.get(name) ?? this.#byId.get(name) ?? this.#byId.get(`sha256:${name}`);
  }

  /** @param parent an ID; empty for images made on nothing. */
  childrenOf(parent: string): readonly BuilderImage[] {
    return this.#children.get(parent) ?? [];
  }

  /** The images above this one, the nearest first. */
  *ancestorsOf({ parent }: BuilderImage): Generator<BuilderImage> {
    const seen = new Set<string>();
    for (let image = this.#byId.get(parent); image !== undefined; image = this.#byId.get(image.parent)) {
      if (seen.has(image.id)) return;
      seen.add(image.id);
      yield image;
    }
  }

  /** Those that were made by such a step on this parent, newest first. */
  matches(parent: string, step: ExpectedStep): readonly BuilderImage[] {
    const found = this.childrenOf(parent).filter((image) => this.isMadeBy(image, step));
    return found.sort((one, other) => other.created - one.created);
  }

  /** Whether the container that the image was made in had this config. */
  isMadeBy(image: BuilderImage, step: ExpectedStep): boolean {
    return isOfCommand(image, step) && this.#hasConfig(image, step);
  }

  #hasConfig(image: BuilderImage, { config, isRun }: ExpectedStep): boolean {
    const { containerConfig } = image;
    if (containerConfig === undefined)
      return firstDifference(image.config, config, this.#comparesAll) === undefined;
    const expected = isRun ? { ...config, entrypoint: [] } : config;
    return firstDifference(containerConfig, expected, this.#comparesAll) === undefined;
  }
}

/** Whether the command fits, whatever the rest of the config. */
export function isOfCommand({ containerConfig, history }: BuilderImage, { command }: ExpectedStep): boolean {
  if (containerConfig !== undefined) return isCommand(command, containerConfig.cmd);
  return isCreatedBy(command, history.at(-1)?.createdBy ?? '');
}

/** The command that an image was made by, as its history shows it. */
export function commandOf({ containerConfig, history }: BuilderImage): string {
  return containerConfig?.cmd.join(' ') ?? history.at(-1)?.createdBy ?? '';
}
