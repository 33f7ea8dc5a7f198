import type { BuilderImage, ImageHistory } from '../classic/builderImage.ts';
import { type CreatedBy, isCreatedBy } from './createdBy.ts';

/** What buildah compares: an image's history and layers. Nothing of both is scratch. */
export type Below = Pick<BuilderImage, 'history' | 'diffIds' | 'form'>;

export const scratch: Below = { history: [], diffIds: [] };

/** The images of a store, as buildah looks for them: one entry of history more than the image below, and its layers. */
export class HistoryShelf {
  readonly all: readonly BuilderImage[];
  readonly #byId: ReadonlyMap<string, BuilderImage>;
  readonly #byName = new Map<string, BuilderImage>();
  readonly #byLength = new Map<number, BuilderImage[]>();

  constructor(images: readonly BuilderImage[]) {
    this.all = images;
    this.#byId = new Map(images.map((image) => [image.id, image]));
    for (const image of images) {
      for (const name of image.names) this.#byName.set(name, image);
      const { length } = image.history;
      const same = this.#byLength.get(length);
      if (same === undefined) this.#byLength.set(length, [image]);
      else same.push(image);
    }
  }

  /** By its complete name or its ID. */
  find(name: string): BuilderImage | undefined {
    return this.#byName.get(name) ?? this.findId(name);
  }

  /** By its ID, with or without the algorithm. */
  findId(id: string): BuilderImage | undefined {
    return this.#byId.get(id) ?? this.#byId.get(`sha256:${id}`);
  }

  /** What was made on an image, whatever the instruction. */
  childrenOf(below: Below): readonly BuilderImage[] {
    const candidates = this.#byLength.get(below.history.length + 1) ?? [];
    return candidates.filter((image) => isMadeOn(image, below));
  }

  matches(below: Below, expected: CreatedBy, makesLayer: boolean): readonly BuilderImage[] {
    const layers = below.diffIds.length + (makesLayer ? 1 : 0);
    return this.childrenOf(below).filter(
      (image) => image.diffIds.length === layers && isCreatedBy(expected, lastText(image), makesLayer),
    );
  }
}

export function lastText({ history }: BuilderImage): string {
  return history.at(-1)?.createdBy ?? '';
}

function isMadeOn({ history, diffIds }: BuilderImage, below: Below): boolean {
  return (
    below.history.every((entry, at) => isSameEntry(entry, history[at])) &&
    below.diffIds.every((diffId, at) => diffId === diffIds[at])
  );
}

function isSameEntry(one: ImageHistory, other: ImageHistory | undefined): boolean {
  return (
    one.createdBy === other?.createdBy &&
    one.created === other.created &&
    one.comment === other.comment &&
    one.isEmpty === other.isEmpty
  );
}
