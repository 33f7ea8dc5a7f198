import { forEachAtOnce } from '../../base/forEachAtOnce.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { EngineError } from '../../base/errors.ts';
import { asList, asObject, type JsonObject, textList } from '../../oci/json.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import { classicVersion, readDockerImage } from './dockerImages.ts';
import { EngineDocuments } from './engineDocuments.ts';
import { idOf } from './imageFields.ts';
import { readPodmanImage } from './podmanImages.ts';

/** Asked at once: each takes an engine a millisecond or two. */
const atOnce = 8;
/** Of more images than that, a cache cannot be played beforehand. */
const maxImages = 20_000;

/**
 * All images of an engine with what the cache of the classic builder, or of buildah, looks at. What was read of one is
 * kept as long as it is there: only names change.
 */
export class BuilderImages implements Disposable {
  readonly #client: EngineClient;
  readonly #buildkit: BuildkitControl;
  readonly #documents: EngineDocuments;
  #known = new Map<string, BuilderImage>();

  constructor(client: EngineClient, buildkit: BuildkitControl) {
    this.#client = client;
    this.#buildkit = buildkit;
    this.#documents = new EngineDocuments(client.endpoint);
  }

  /** @throws EngineError as the engine's client does; `limit-exceeded` when there are too many. */
  async read(signal?: AbortSignal): Promise<readonly BuilderImage[]> {
    const { list, one, countsLayers } = await this.#ways(signal);
    const listed = asList(await this.#documents.json(list, signal)).map((each) => asObject(each) ?? {});
    if (listed.length > maxImages)
      throw new EngineError('limit-exceeded', 'the list of images', `it has ${listed.length} images`);
    const found = new Map<string, BuilderImage>();
    await forEachAtOnce(listed, atOnce, signal, async (row, either) => {
      const id = idOf(row['Id']);
      const image = this.#known.get(id) ?? (await one(id, either));
      if (image !== undefined) found.set(id, image);
    });
    this.#known = found;
    const sizes = new Map(countsLayers ? listed.map((row) => [idOf(row['Id']), row['Size']]) : []);
    return listed.flatMap((row) => named(found, row, sizes));
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  /** How the list is asked for, and how one image of it. */
  async #ways(signal: AbortSignal | undefined): Promise<ImageWays> {
    const options = signal === undefined ? {} : { signal };
    const { kind, apiVersion, imageStore } = await this.#client.capabilities(options);
    const podman = kind === 'podman' ? await this.#documents.podman(signal) : undefined;
    if (podman !== undefined) {
      const root = `/v${podman.api}/libpod`;
      return {
        countsLayers: false,
        list: `${root}/images/json?all=true`,
        one: (id, either) => readPodmanImage(this.#documents, root, id, either),
      };
    }
    const version = classicVersion(apiVersion);
    const buildkit = imageStore === 'containerd' ? this.#buildkit : undefined;
    return {
      countsLayers: imageStore === 'classic',
      list: `/v${version}/images/json?all=1`,
      one: (id, either) => readDockerImage(this.#documents, version, id, buildkit, either),
    };
  }
}

interface ImageWays {
  readonly list: string;
  /** Whether an image's size is that of its layers, unpacked. */
  readonly countsLayers: boolean;
  readonly one: (id: string, signal: AbortSignal) => Promise<BuilderImage | undefined>;
}

/** With the names that it has now, and the size of what it adds to its parent. */
function named(
  images: ReadonlyMap<string, BuilderImage>,
  row: JsonObject,
  sizes: ReadonlyMap<string, unknown>,
): readonly BuilderImage[] {
  const image = images.get(idOf(row['Id']));
  if (image === undefined) return [];
  const names = textList(row, 'RepoTags').filter((name) => !name.startsWith('<none>'));
  const [whole, below] = [sizes.get(image.id), sizes.get(image.parent)];
  const isCounted = typeof whole === 'number' && typeof below === 'number' && whole >= below;
  return [{ ...image, names: names.map(normalizeName), ...(isCounted && { sizeBytes: whole - below }) }];
}
