import type { BuildRequest } from '../../build/buildRequest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { type AskForImage, type BasePlaces, findBase } from '../bases/findBase.ts';
import { readLocalImage } from '../localImages/localImage.ts';
import type { FindImage } from '../prepare/preparedBuild.ts';

/** What a builder takes for a name: an image that its engine has, unless it is told to ask the registry. */
export function findImagesOf(
  engine: AskedEngine | undefined,
  { pull }: BuildRequest,
  elsewhere: Omit<BasePlaces, 'local'>,
): FindImage {
  const local: AskForImage | undefined =
    engine &&
    ((name, platform, { signal }) =>
      engine.memory.remember(`base ${name} ${formatPlatform(platform)}`, () =>
        readLocalImage(engine.client, name, platform, signal),
      ));
  return findBase({ ...elsewhere, ...(local !== undefined && pull !== true && { local }) });
}
