import type { CallOptions } from '../../base/progress.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import { readInlineCache } from '../inlineCache/readInlineCache.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { UnlessUnreadable } from './unlessUnreadable.ts';

/** The inline caches of one engine's images; each is read once. */
export class InlineCaches {
  readonly #buildkit: BuildkitControl;
  readonly #unless: UnlessUnreadable;
  readonly #known = new Map<string, SeenBuild | undefined>();

  constructor(buildkit: BuildkitControl, unless: UnlessUnreadable) {
    this.#buildkit = buildkit;
    this.#unless = unless;
  }

  /** Of those images that have one. @throws EngineError `cancelled`. */
  async of(images: readonly LocalImage[], { signal }: CallOptions): Promise<readonly SeenBuild[]> {
    const found: SeenBuild[] = [];
    for (const image of images) {
      const key = `${image.id} ${image.names[0] ?? ''}`;
      if (!this.#known.has(key)) {
        const read = await this.#unless(image.id, () => readInlineCache(this.#buildkit, image, signal));
        this.#known.set(key, read && { ...read, imageId: image.id });
      }
      const build = this.#known.get(key);
      if (build !== undefined) found.push(build);
    }
    return found;
  }
}
