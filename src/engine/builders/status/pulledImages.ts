import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';

/**
 * The IDs that base images would have in the builder's store after they were pulled now: of the classic builder those that
 * it has not or is told to pull, of buildah all. What its registry does not tell is left out.
 *
 * @throws EngineError `cancelled`.
 */
export async function pulledImages(
  { plan, builder, request }: PreparedBuild,
  images: readonly BuilderImage[],
  ask: AskForImage,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const { kind, imageStore } = builder.identity;
  const asksAlways = kind === 'buildah' || request.pull === true;
  const isHere = (name: string): boolean => images.some(({ names }) => names.includes(name));
  const pulled = new Map<string, string>();
  for (const { from, platform } of plan.stages) {
    if (from.kind !== 'image' || pulled.has(from.name) || (!asksAlways && isHere(from.name))) continue;
    const image = await ask(from.name, platform, options).catch((error: unknown) => {
      if (isEngineError(error, 'cancelled')) throw error;
      return undefined;
    });
    const id = imageStore === 'containerd' ? (image?.root ?? image?.manifest) : image?.id;
    if (id !== undefined) pulled.set(from.name, id);
  }
  return pulled;
}
