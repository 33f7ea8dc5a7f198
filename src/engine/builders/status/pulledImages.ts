import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { parseContainerConfig } from '../../build/classic/containerConfig.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';

/**
 * The base images that the builder would pull now, as their registries have them: of the classic builder those that
 * it has not or is told to pull, of buildah all. What its registry does not tell is left out.
 *
 * @throws EngineError `cancelled`.
 */
export async function pulledImages(
  { plan, builder, request }: PreparedBuild,
  images: readonly BuilderImage[],
  ask: AskForImage,
  options: CallOptions,
): Promise<ReadonlyMap<string, LocalImage>> {
  const asksAlways = builder.identity.kind === 'buildah' || request.pull === true;
  const isHere = (name: string): boolean => images.some(({ names }) => names.includes(name));
  const pulled = new Map<string, LocalImage>();
  for (const { from, platform } of plan.stages) {
    if (from.kind !== 'image' || pulled.has(from.name) || (!asksAlways && isHere(from.name))) continue;
    const image = await ask(from.name, platform, options).catch((error: unknown) => {
      if (isEngineError(error, 'cancelled')) throw error;
      return undefined;
    });
    if (image !== undefined) pulled.set(from.name, image);
  }
  return pulled;
}

/** What it would be in the builder's store: there images bear the ID of their configs, or of what their names stand for. */
export function idInStore({ id, root, manifest }: LocalImage, { imageStore }: BuilderIdentity): string {
  return imageStore === 'containerd' ? (root ?? manifest ?? id) : id;
}

/** As buildah looks at it; its ID alone where its history is not known. */
export function asBuilderImage(image: LocalImage): BuilderImage | string {
  const { id, names, diffIds, history } = image;
  if (history === undefined) return id;
  return { id, names, parent: '', created: 0, config: parseContainerConfig(image.config), history, diffIds };
}
