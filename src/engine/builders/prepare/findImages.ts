import type { BuildRequest } from '../../build/buildRequest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { type AskForImage, type BasePlaces, findBase } from '../bases/findBase.ts';
import { type LocalImage, readLocalImage } from '../localImages/localImage.ts';
import type { FindImage } from './preparedBuild.ts';

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

/** The same of a builder without an engine, whose images are read from its store. */
export function findImagesIn(
  images: ReadImages,
  { pull }: BuildRequest,
  elsewhere: Omit<BasePlaces, 'local'>,
): FindImage {
  const local: AskForImage = async (name, platform, { signal }) => {
    const wanted = normalizeName(name);
    const image = (await images(signal)).find(({ names }) => names.includes(wanted));
    return image && { ...toLocalImage(image), platform };
  };
  return findBase({ ...elsewhere, ...(pull !== true && { local }) });
}

export type ReadImages = (signal: AbortSignal | undefined) => Promise<readonly BuilderImage[]>;

function toLocalImage({ id, names, diffIds, config }: BuilderImage): Omit<LocalImage, 'platform'> {
  const { env: Env, workingDirectory: WorkingDir, user: User, shell: Shell, onbuild: OnBuild } = config;
  return { id, names, diffIds, config: { Env, WorkingDir, User, Shell, OnBuild }, builds: [] };
}
