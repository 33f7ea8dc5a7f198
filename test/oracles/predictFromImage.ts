import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import type { BuildkitBuild } from '../../src/engine/build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../src/engine/build/cache/cacheGraph.ts';
import type { CacheReport } from '../../src/engine/build/cache/cacheReport.ts';
import { predictBuildkit } from '../../src/engine/build/cache/predictBuildkit.ts';
import { BuildContext } from '../../src/engine/build/contextHash/buildContext.ts';
import { localContextView } from '../../src/engine/build/contextHash/localContextView.ts';
import { readIgnoreFile } from '../../src/engine/build/ignorefile/ignoreFile.ts';
import { ignoreRules } from '../../src/engine/build/ignorefile/ignoreRules.ts';
import { keyFormatOf } from '../../src/engine/build/operationKey/keyFormat.ts';
import { chainOf, historyLines } from '../../src/engine/build/createdBy/historyLines.ts';
import { keyBuild } from '../../src/engine/build/vertices/keyBuild.ts';
import { type AskedEngine, AskedEngines } from '../../src/engine/builders/askedEngine.ts';
import { readBuilderList } from '../../src/engine/builders/builderList/readBuilderList.ts';
import { BuiltImages } from '../../src/engine/builders/imageEvidence/builtImages.ts';
import { imageEvidence } from '../../src/engine/builders/imageEvidence/imageEvidence.ts';
import { layerFilesOf } from '../../src/engine/builders/imageEvidence/layerFiles.ts';
import { findIgnoreFile } from '../../src/engine/builders/prepare/buildFiles.ts';
import {
  type FindImage,
  type FoundImage,
  prepareBuild,
  type PreparedBuild,
} from '../../src/engine/builders/prepare/preparedBuild.ts';
import { BaseMemory } from '../../src/engine/builders/bases/baseMemory.ts';
import { findImagesOf } from '../../src/engine/builders/status/findImages.ts';
import { tempDir } from '../support/tempDir.ts';
import type { Engine, EngineImages } from '../../src/engine/engineContract.ts';
import type { Platform } from '../../src/engine/oci/platform.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import type { ImageEntry } from '../../src/engine/sources/imageSource.ts';

/** What is predicted of a build from the image that an earlier one left in an engine, and from the builder's own list. */
export class ImagePredictor implements Disposable {
  readonly #engine: Engine;
  readonly #socket: string;
  readonly #asked: AskedEngines;
  readonly #built = new BuiltImages();
  readonly #hashes = new Map<string, string>();
  /** Of images in registries, by name. */
  readonly #histories = new Map<string, readonly string[]>();

  constructor(engine: Engine, socket: string) {
    this.#engine = engine;
    this.#asked = new AskedEngines((endpoint) => engine.connectEngine(endpoint));
    this.#socket = socket;
  }

  async predict(request: BuildRequest): Promise<CacheReport> {
    const asked = this.#asked.at({ kind: 'unix', path: this.#socket });
    const version = (await asked.buildkit.versions().catch(() => undefined))?.buildkit ?? '0.8.4';
    const identity = { id: 'b', kind: 'buildkit', client: 'buildx', name: 'BuildKit', version } as const;
    const { platform } = await asked.client.capabilities();
    const ofEngine = findImagesOf(asked, request, { memory: new BaseMemory(tempDir().path) });
    const findImage: FindImage = async (name, wanted, options) => {
      const local = await ofEngine(name, wanted, options);
      return local.kind === 'found' ? local : this.#pullable(name, wanted);
    };
    const prepared = await prepareBuild({ identity }, request, { platform, findImage });
    const { dockerfile, plan, image } = prepared;
    const context = await contextOf(request);
    const build: BuildkitBuild = { builder: identity, request, dockerfile, plan, context, image };
    const listed = await readBuilderList(asked.client, asked.buildkit);
    const seen = await this.#seen(build, prepared, asked, listed);
    const unread = request.cacheFrom === undefined ? {} : { unreadCaches: request.cacheFrom };
    return predictBuildkit({ ...build, command: '', seen, listed, ...unread });
  }

  async #seen(
    build: BuildkitBuild,
    prepared: PreparedBuild,
    asked: AskedEngine,
    listed: readonly ListedRecord[],
  ): Promise<readonly SeenBuild[]> {
    const baseHistory = await this.#baseHistory(build, prepared, asked);
    const keyed = keyBuild(build, keyFormatOf(build.builder.version ?? ''));
    const seen: SeenBuild[] = [];
    for (const image of await this.#images(build, asked)) {
      const layers = layerFilesOf(this.#engine, image, this.#hashes);
      const told = await imageEvidence({
        build,
        keyed,
        image,
        layers,
        listed,
        ...(baseHistory && { baseHistory }),
      });
      if (told !== undefined) seen.push(told);
    }
    return seen;
  }

  /** The images that the Dockerfile may have been built to. */
  async #images(
    { plan, dockerfile, request }: BuildkitBuild,
    { client }: AskedEngine,
  ): Promise<readonly Image[]> {
    const { escape } = dockerfile;
    const lines = historyLines(plan, plan.target ?? 0, { escape, buildArgs: request.buildArgs });
    const source = await this.#engine.connectEngine({ kind: 'unix', path: this.#socket }).source();
    const candidates = (await source.list()).map((entry) => ({
      entry,
      id: entry.engineId ?? '',
      names: entry.names,
      history: async () =>
        (await client.imageHistory(entry.engineId ?? '')).map(({ createdBy }) => createdBy).reverse(),
    }));
    const found = await this.#built.find(candidates, { lines, names: request.tags });
    return Promise.all(found.map(({ entry }) => this.#open(source, entry)));
  }

  async #baseHistory(
    { plan }: BuildkitBuild,
    { images }: PreparedBuild,
    { client }: AskedEngine,
  ): Promise<readonly string[] | undefined> {
    const root = plan.target === undefined ? undefined : chainOf(plan, plan.target)[0];
    if (root?.from.kind !== 'image') return root === undefined ? undefined : [];
    const { name } = root.from;
    const found = [...images].find(([key]) => key.startsWith(`${name} `))?.[1];
    if (found?.kind !== 'found') return undefined;
    if (found.image.id === name) return this.#histories.get(name);
    const rows = await client.imageHistory(found.image.id);
    return rows.map(({ createdBy }) => createdBy).reverse();
  }

  /** What the registry has: a builder asks it for what is not here. */
  async #pullable(name: string, platform: Platform): Promise<FoundImage> {
    await using source = await this.#engine.openRemote(`docker://${name}`);
    const [entry] = await source.list();
    const [variant] = entry?.variants ?? [];
    if (entry === undefined || variant === undefined) return { kind: 'unknown', reason: 'it is nowhere' };
    const { core, config, names } = await this.#engine.image(source, entry, variant);
    this.#histories.set(
      name,
      (config?.history ?? []).map(({ createdBy }) => createdBy ?? ''),
    );
    const manifest = core.manifest?.descriptor.digest;
    const diffIds = (config?.diffIds ?? []).filter((each) => each !== undefined);
    const runtime = config?.runtime ?? {};
    const image = { id: name, names, platform, diffIds, config: runtime, builds: [] };
    return { kind: 'found', image: { ...image, ...(manifest !== undefined && { manifest }) } };
  }

  #open(source: EngineImages, entry: ImageEntry): Promise<Image> {
    const variant = entry.variants.find(({ isAvailable }) => isAvailable) ?? entry.variants[0];
    if (variant === undefined) throw new Error(`${entry.names.join()} has no variant`);
    return this.#engine.image(source, entry, variant);
  }

  [Symbol.dispose](): void {
    this.#asked[Symbol.dispose]();
  }
}

async function contextOf(request: BuildRequest): Promise<BuildkitBuild['context']> {
  const ignoreFile = await findIgnoreFile(request, 'buildkit');
  const parsed = ignoreRules(readIgnoreFile(ignoreFile?.text ?? '').map(({ pattern }) => pattern));
  if (parsed.kind !== 'rules') throw new Error('the ignore file is refused');
  return localContextView(new BuildContext(request.context, parsed.rules));
}
