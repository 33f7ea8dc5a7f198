import { isEngineError } from '../../base/errors.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { ImageConfigRequest } from '../buildkitControl/imageConfigs.ts';
import { askBuilderForBase } from './askedBase.ts';

/**
 * Asks for bases where the builder itself asks: BuildKit is asked first, which knows its mirrors and which registries speak
 * plain HTTP; what it does not get without credentials, Lamina asks for with a person's.
 *
 * @param mode `local` of BuildKit in an engine, `default` of one that stands alone, `pull` with `--pull`.
 */
export function basesOfBuilder(
  buildkit: BuildkitControl,
  mode: ImageConfigRequest['mode'],
  otherwise: AskForImage,
): AskForImage {
  return async (name, platform, options) => {
    try {
      return await askBuilderForBase(buildkit, { name, platform, mode }, options.signal);
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      return otherwise(name, platform, options);
    }
  };
}
