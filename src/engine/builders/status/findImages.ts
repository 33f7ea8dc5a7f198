import { isEngineError } from '../../base/errors.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { readLocalImage } from '../localImages/localImage.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { FindImage } from '../prepare/preparedBuild.ts';

/** What an engine's builder takes for a name: an image that the engine has, unless it is told to ask the registry. */
export function imagesOfEngine(client: EngineClient, { pull }: BuildRequest): FindImage {
  return async (name, platform, { signal }) => {
    if (pull === true) return { kind: 'unknown', reason: 'its registry is asked for it, because of --pull' };
    try {
      const image = await readLocalImage(client, name, platform, signal);
      if (image !== undefined) return { kind: 'found', image };
      return { kind: 'unknown', reason: 'it is not in the engine, and registries are not asked' };
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      return { kind: 'unknown', reason: 'the engine did not tell' };
    }
  };
}

export const noImages: FindImage = () => Promise.resolve({ kind: 'unknown', reason: 'nothing is asked' });
