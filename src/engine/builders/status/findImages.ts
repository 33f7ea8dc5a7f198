import type { BuildRequest } from '../../build/buildRequest.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import { type AskForImage, type BasePlaces, findBase } from '../bases/findBase.ts';
import { readLocalImage } from '../localImages/localImage.ts';
import type { FindImage } from '../prepare/preparedBuild.ts';

/** What a builder takes for a name: an image that its engine has, unless it is told to ask the registry. */
export function findImagesOf(
  client: EngineClient | undefined,
  { pull }: BuildRequest,
  elsewhere: Omit<BasePlaces, 'local'>,
): FindImage {
  const local: AskForImage | undefined =
    client && ((name, platform, { signal }) => readLocalImage(client, name, platform, signal));
  return findBase({ ...elsewhere, ...(local !== undefined && pull !== true && { local }) });
}
