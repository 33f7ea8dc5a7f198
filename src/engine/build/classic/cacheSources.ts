import type { BuilderImage, ImageHistory } from './builderImage.ts';
import { type ExpectedStep, isCreatedBy } from './expectedStep.ts';
import type { ImageShelf } from './imageShelf.ts';

/**
 * Images of `--cache-from`, in place of all others: a step is found in their histories, or among the engine's images when
 * one of them was made on what is found (moby, `image/cache/cache.go`).
 */
export class CacheSources {
  readonly #shelf: ImageShelf;
  readonly #sources: readonly BuilderImage[];

  /** @param names images that the engine has not are passed over. */
  constructor(shelf: ImageShelf, names: readonly string[]) {
    this.#shelf = shelf;
    this.#sources = names.map((name) => shelf.find(name)).filter((image) => image !== undefined);
  }

  get isEmpty(): boolean {
    return this.#sources.length === 0;
  }

  matches(parent: BuilderImage | 'scratch', step: ExpectedStep): readonly BuilderImage[] {
    const [local] = this.#shelf.matches(parent === 'scratch' ? '' : parent.id, step);
    if (local !== undefined && this.#sources.some((source) => this.#isMadeOn(source, local))) return [local];
    const below = parent === 'scratch' ? undefined : parent;
    return this.#sources.flatMap((source) => restored(source, below, step) ?? []).slice(0, 1);
  }

  #isMadeOn(source: BuilderImage, image: BuilderImage): boolean {
    return [...this.#shelf.ancestorsOf(source)].some(({ id }) => id === image.id);
  }
}

/** The image that the builder makes of a source's history up to this step; undefined when the step is not the next there. */
function restored(
  source: BuilderImage,
  parent: BuilderImage | undefined,
  step: ExpectedStep,
): BuilderImage | undefined {
  const [history, diffIds] = [parent?.history ?? [], parent?.diffIds ?? []];
  const next = source.history[history.length];
  if (next === undefined || !isCreatedBy(step.command, next.createdBy)) return undefined;
  const isAbove =
    history.every((entry, at) => isSameEntry(entry, source.history[at])) &&
    diffIds.every((diffId, at) => diffId === source.diffIds[at]);
  if (!isAbove) return undefined;
  if (source.history.length === history.length + 1) return source;
  const layers = diffIds.length + (next.isEmpty ? 0 : 1);
  return {
    id: `${source.id}#${history.length}`,
    names: [],
    parent: parent?.id ?? '',
    created: Date.parse(next.created) || 0,
    config: step.config,
    history: source.history.slice(0, history.length + 1),
    diffIds: source.diffIds.slice(0, layers),
  };
}

function isSameEntry(one: ImageHistory, other: ImageHistory | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
