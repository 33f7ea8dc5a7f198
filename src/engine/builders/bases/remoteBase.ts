import type { Image } from '../../sources/image.ts';
import { asObject, textMember } from '../../oci/json.ts';
import { historyOf } from '../builderImages/imageFields.ts';
import { inlineCacheMember } from '../inlineCache/parseInlineCache.ts';
import type { LocalImage } from '../localImages/localImage.ts';

/** An image of a registry, as far as builds look at it; undefined when its config could not be read. */
export function remoteBase({ core, config, platform, imageId }: Image): LocalImage | undefined {
  const manifest = core.manifest?.descriptor.digest;
  if (config === undefined || platform === undefined || manifest === undefined) return undefined;
  const raw = asObject(config.raw) ?? {};
  const inlineCache = textMember(raw, inlineCacheMember);
  return {
    id: imageId ?? manifest,
    names: core.names,
    platform,
    manifest,
    ...(core.target !== undefined && { root: core.target.digest }),
    diffIds: config.diffIds.filter((each) => each !== undefined),
    config: config.runtime,
    history: historyOf(raw['history']),
    ...(inlineCache !== undefined && { inlineCache }),
    builds: [],
  };
}
