import { isEngineError } from '../../base/errors.ts';
import type { ImageHistory } from '../../build/classic/builderImage.ts';
import type { BaseImage } from '../../build/plan/buildPlan.ts';
import { type Digest, type DiffId, isDigest } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, textList, textMember } from '../../oci/json.ts';
import { choosePlatform, type Platform } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { EngineImageDetails } from '../../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';

/** An image that an engine has, for one platform, as far as builds look at it. */
export interface LocalImage {
  /** As the engine names it: of the config, or in the containerd store of the manifest or index. */
  readonly id: string;
  /** Full names with their tags: `docker.io/library/nginx:latest`. */
  readonly names: readonly string[];
  readonly platform: Platform;
  /** Of the platform's manifest; undefined in the classic store, which has none. */
  readonly manifest?: Digest;
  /** Of a registry's image: what its name stands for, the index or the manifest. */
  readonly root?: Digest;
  /** Lowest first. */
  readonly diffIds: readonly DiffId[];
  /** The `config` member of its config, as the engine tells it. */
  readonly config: JsonObject;
  /** Of a registry's image: as its config tells it. */
  readonly history?: readonly ImageHistory[];
  /** Of a registry's image: the inline cache in its config, base64. */
  readonly inlineCache?: string;
  /** The builds that made it, by their references in the history of BuildKit [API 1.53]. */
  readonly builds: readonly string[];
}

/**
 * Asks an engine for an image by name or ID. Undefined when it is not there, or not for that platform.
 *
 * @param platform the engine's own when left out.
 * @throws EngineError as the engine's client does.
 */
export async function readLocalImage(
  engine: EngineClient,
  name: string,
  platform?: Platform,
  signal?: AbortSignal,
): Promise<LocalImage | undefined> {
  const options = signal === undefined ? {} : { signal };
  try {
    const image = toLocalImage(await engine.inspectImage(name, { ...options, manifests: true }), platform);
    if (image !== undefined || platform === undefined) return image;
    // What it tells first is of its own platform; it may have another one's besides.
    if (!(await engine.capabilities(options)).inspectTakesPlatform) return undefined;
    return toLocalImage(await engine.inspectImage(name, { ...options, platform }), platform);
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** What acts on the steps that are made on it. */
export function toBaseImage({ config, diffIds }: Pick<LocalImage, 'config' | 'diffIds'>): BaseImage {
  return {
    env: textList(config, 'Env'),
    workingDirectory: textMember(config, 'WorkingDir') ?? '',
    user: textMember(config, 'User') ?? '',
    shell: textList(config, 'Shell'),
    onbuild: textList(config, 'OnBuild'),
    hasLayers: diffIds.length > 0,
  };
}

function toLocalImage(details: EngineImageDetails, wanted: Platform | undefined): LocalImage | undefined {
  const { id, platform } = details;
  if (wanted !== undefined && choosePlatform(wanted, [platform]) === undefined) return undefined;
  const manifest = manifestOf(details);
  return {
    ...{ id, platform, config: details.config },
    names: details.repoTags.map(normalizeName),
    ...(manifest !== undefined && { manifest }),
    diffIds: details.diffIds.filter(isDigest).map((each) => each as string as DiffId),
    builds: asList(asObject(details.json['Identity'])?.['Build']).flatMap(
      (each) => textMember(asObject(each) ?? {}, 'Ref') ?? [],
    ),
  };
}

/** What the name stands for is the manifest itself, or an index that lists it. */
function manifestOf({ platform, target, manifests }: EngineImageDetails): Digest | undefined {
  const images = manifests.filter(({ kind }) => kind === 'image');
  const at = choosePlatform(
    platform,
    images.map((each) => each.platform),
  );
  const listed = at === undefined ? undefined : images[at]?.descriptor;
  const isIndex = target !== undefined && /\b(index|manifest\.list)\b/.test(target.mediaType);
  return listed?.digest ?? (isIndex ? undefined : target?.digest);
}
