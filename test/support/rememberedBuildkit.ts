import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BuilderIdentity } from '../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import type { BuildkitBuild } from '../../src/engine/build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild, SeenStep } from '../../src/engine/build/cache/cacheGraph.ts';
import type { CacheReport } from '../../src/engine/build/cache/cacheReport.ts';
import type { ContextView } from '../../src/engine/build/cache/contextView.ts';
import { KnownCache } from '../../src/engine/build/cache/knownCache.ts';
import { predictBuildkit, recordBuildkit } from '../../src/engine/build/cache/predictBuildkit.ts';
import { BuildContext } from '../../src/engine/build/contextHash/buildContext.ts';
import type { ContextDirectory } from '../../src/engine/build/contextHash/contextFile.ts';
import { localContextView } from '../../src/engine/build/contextHash/localContextView.ts';
import { asCounted } from '../../src/engine/build/contextHash/uploads.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages } from '../../src/engine/build/dockerfile/readStages.ts';
import { readIgnoreFile } from '../../src/engine/build/ignorefile/ignoreFile.ts';
import { ignoreRules } from '../../src/engine/build/ignorefile/ignoreRules.ts';
import { planBuild } from '../../src/engine/build/plan/planBuild.ts';
import type { BuiltImage } from './buildImage.ts';
import { configOfCaseImage, type FakeCaseWorld } from './buildCaseImages.ts';

/**
 * What Lamina remembers of a BuildKit that it builds through, without the BuildKit: contexts are real, and builds give
 * what they would give.
 */
export class RememberedBuildkit {
  readonly #identity: BuilderIdentity;
  readonly #world: FakeCaseWorld;
  /** Newest first. */
  #seen: readonly SeenBuild[] = [];
  readonly #uploads = new Map<string, ContextDirectory>();

  constructor(identity: BuilderIdentity, world: FakeCaseWorld) {
    this.#identity = identity;
    this.#world = world;
  }

  get seen(): readonly SeenBuild[] {
    return this.#seen;
  }

  async build(request: BuildRequest): Promise<SeenBuild> {
    const contexts = new Contexts(request, this.#identity, this.#uploads);
    const upload = `upload ${this.#uploads.size}`;
    const build = this.#toBuild(request, contexts);
    const seen = await recordBuildkit(build, { builtAt: this.#seen.length, upload });
    contexts.keep(upload);
    this.#seen = [seen, ...this.#seen];
    return seen;
  }

  /** What it would list, as its version describes it. */
  list(seen: readonly SeenBuild[] = this.#seen): readonly ListedRecord[] {
    const isOld = this.#identity.version === 'v0.8.4';
    return listOf(seen).map((record) =>
      isOld && record.description.startsWith('[') ? { ...record, description: 'fileop target' } : record,
    );
  }

  /** @param more what else is said of the question; the builder's list cannot be read unless it is given. */
  predict(
    request: BuildRequest,
    more: { readonly seen?: readonly SeenBuild[]; readonly listed?: readonly ListedRecord[] } = {},
  ): Promise<CacheReport> {
    const contexts = new Contexts(request, this.#identity, this.#uploads);
    const build = this.#toBuild(request, contexts);
    return predictBuildkit({ ...build, command: 'docker build .', seen: this.#seen, ...more });
  }

  /** All that was cached is gone, and what was uploaded too. */
  prune(): void {
    this.#seen = [];
    this.#uploads.clear();
  }

  #toBuild(request: BuildRequest, contexts: Contexts): BuildkitBuild {
    const dockerfile = parseDockerfile(readFileSync(request.dockerfile, 'utf8'));
    const imageOf = (name: string): BuiltImage | undefined => this.#imageOf(name, request.pull === true);
    const plan = planBuild(readStages(dockerfile), dockerfile.escape, {
      ...(request.target !== undefined && { target: request.target }),
      ...(request.namedContexts !== undefined && { namedContexts: request.namedContexts }),
      buildArgs: request.buildArgs,
      platform: request.platform ?? amd64,
      buildPlatform: amd64,
      baseImage: (name) => {
        const image = imageOf(name);
        return image && configOfCaseImage(image);
      },
    });
    const image: BuildkitBuild['image'] = (name) => {
      const found = imageOf(name);
      if (found === undefined) return { kind: 'unknown', reason: 'there is none' };
      const diffIds = found.layers.map(({ diffId }) => diffId);
      return { kind: 'known', manifest: found.manifestDigest, diffIds };
    };
    const { main: context, named: namedContexts } = contexts;
    return { builder: this.#identity, request, dockerfile, plan, context, namedContexts, image };
  }

  #imageOf(name: string, isPulling: boolean): BuiltImage | undefined {
    return this.#identity.engineVersion === undefined
      ? this.#world.atRegistry(name)
      : this.#world.inEngine(name, isPulling);
  }
}

const amd64 = { os: 'linux', architecture: 'amd64' };

/** The directories of one build, as its client sends them. */
class Contexts {
  readonly main: ContextView;
  readonly named: ReadonlyMap<string, ContextView>;
  readonly #uploads: Map<string, ContextDirectory>;
  readonly #sent: { readonly name: string; readonly context: BuildContext }[] = [];

  constructor(request: BuildRequest, { client }: BuilderIdentity, uploads: Map<string, ContextDirectory>) {
    this.#uploads = uploads;
    const { context } = request;
    const shared = client === 'buildx' ? path.basename(context) : client === 'buildctl' ? '' : context;
    this.main = this.#open(context, shared, ignoredBy(request));
    const named = [...(request.namedContexts ?? [])].map(
      ([name, directory]) => [name, this.#open(directory, `named ${name}`, [])] as const,
    );
    this.named = new Map(named);
  }

  /** The builder has them from now on. */
  keep(upload: string): void {
    for (const { name, context } of this.#sent) {
      const counted = asCounted(context.root, this.#uploads.get(name));
      this.#uploads.set(name, counted);
      this.#uploads.set(`${upload} ${name}`, counted);
      this.#uploads.set(`look ${context.directory.toString()}`, context.root);
    }
  }

  #open(directory: string, name: string, patterns: readonly string[]): ContextView {
    const parsed = ignoreRules(patterns);
    if (parsed.kind === 'refused') throw new Error(parsed.failure);
    // What was looked at before is known, as it is to the product.
    const known = this.#uploads.get(`look ${directory}`);
    const context = new BuildContext(directory, parsed.rules, known === undefined ? {} : { known });
    this.#sent.push({ name, context });
    return localContextView(context, this.#uploads.get(name), (upload) =>
      this.#uploads.get(`${upload} ${name}`),
    );
  }
}

function ignoredBy({ context, dockerfile }: BuildRequest): readonly string[] {
  const own = `${dockerfile}.dockerignore`;
  const file = existsSync(own) ? own : path.join(context, '.dockerignore');
  return existsSync(file) ? readIgnoreFile(readFileSync(file, 'utf8')).map(({ pattern }) => pattern) : [];
}

function listOf(seen: readonly SeenBuild[]): readonly ListedRecord[] {
  const cache = new KnownCache(seen);
  const listed: ListedRecord[] = [];
  for (let id = 0, result = cache.result(id); result !== undefined; result = cache.result(++id)) {
    const [made] = result.records;
    const step = made?.build.steps.find(({ record }) => made.build.records[record ?? -1] === made.record);
    if (made === undefined || step === undefined) continue;
    const parents = [...(result.inputs[0] ?? [])].map((link) => link.replace(/^.* /, ''));
    listed.push({ id: String(id), parents, description: descriptionOf(step), type: 'regular', sizeBytes: 1 });
  }
  return listed;
}

function descriptionOf({ operation, row = '' }: SeenStep): string {
  const args = /"args":(\[.*?\]),"env"/.exec(operation?.plaintext ?? '')?.[1];
  return args === undefined ? row : `mount / from exec ${(JSON.parse(args) as string[]).join(' ')}`;
}

/** An inline cache of an image: the keys of all stages, and the layers of the last one alone. */
export function asInlineCache(build: SeenBuild): SeenBuild {
  const last = build.steps.at(-1)?.stage;
  const kept = new Set(build.steps.filter(({ stage }) => stage === last).map(({ record }) => record));
  const records = build.records.map((record, at) =>
    kept.has(at) ? record : { ...record, isKeyAlone: true },
  );
  return { ...build, kind: 'inline-cache', isImported: true, records };
}
