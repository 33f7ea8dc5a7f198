import { EngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { CacheRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import { isDigest } from '../../oci/digest.ts';
import { asList, asObject, textMember } from '../../oci/json.ts';
import type { Platform } from '../../oci/platform.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import { tryStored } from '../historyRecords/baseKeys.ts';
import type { HistoryBuild } from '../historyRecords/historyBuild.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { StoredImage } from '../localImages/storedImage.ts';
import type { ComparableImages } from './comparedImages.ts';
import type { StoredChains, StoredLayers } from './storedChains.ts';

/** Images of which a builder's content store still has manifest and config: all that a BuildKit has that stands alone. */
export class StoredImages implements ComparableImages {
  readonly #buildkit: BuildkitControl;
  readonly #chains: StoredChains;
  readonly #platform: Platform;

  constructor(buildkit: BuildkitControl, chains: StoredChains, platform: Platform) {
    this.#buildkit = buildkit;
    this.#chains = chains;
    this.#platform = platform;
  }

  /** What builds gave; known by its digest alone. @throws EngineError as {@link BuildkitControl} does. */
  async of(builds: readonly HistoryBuild[], options: CallOptions): Promise<readonly LocalImage[]> {
    const images: LocalImage[] = [];
    for (const {
      images: [id],
      seen,
    } of builds) {
      const stored = id === undefined ? undefined : await this.#find(id, options);
      if (id === undefined || stored === undefined) continue;
      const { manifest, diffIds } = stored;
      const config = asObject(stored.config['config']) ?? {};
      const builds = seen.subject === undefined ? [] : [seen.subject];
      images.push({ id, names: [], platform: this.#platform, manifest, diffIds, config, builds });
    }
    return images;
  }

  async withLayers(id: string, options: CallOptions): Promise<StoredLayers> {
    const stored = await this.#find(id, options);
    const chain = stored?.blobs.map((blob, at) => ({ ...blob, diffId: stored.diffIds[at] })) ?? [];
    const known = chain.map(({ diffId, ...blob }) => ({ ...blob, ...(diffId && { diffId }) }));
    const configBytes = Buffer.from(JSON.stringify(stored?.config ?? {}));
    const found = await this.#chains.image(known, { configBytes, isProvisional: true }, options);
    if (found === undefined) throw new EngineError('not-found', id, 'not all of its layers are there');
    return found;
  }

  async history(id: string, options: CallOptions): Promise<readonly string[]> {
    const stored = await this.#find(id, options);
    if (stored === undefined) throw new EngineError('not-found', id, 'it is not there');
    return asList(stored.config['history']).map(
      (each) => textMember(asObject(each) ?? {}, 'created_by') ?? '',
    );
  }

  async #find(id: string, { signal }: CallOptions): Promise<StoredImage | undefined> {
    return isDigest(id) ? tryStored(this.#buildkit, id, this.#platform, signal) : undefined;
  }
}

/** A build whose layers are in no image that could be shown. */
export function withoutPlaces(seen: SeenBuild): SeenBuild {
  return { ...seen, records: seen.records.map(withoutPlace) };
}

function withoutPlace({ layer, ...record }: CacheRecord): CacheRecord {
  if (layer === undefined) return record;
  const { digest, diffId, created } = layer;
  const told = {
    ...(digest && { digest }),
    ...(diffId && { diffId }),
    ...(created !== undefined && { created }),
  };
  return { ...record, layer: told };
}
