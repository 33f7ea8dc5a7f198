import type { CallOptions } from '../../base/progress.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { BaseMemory } from '../bases/baseMemory.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { Builder, StatusOptions } from '../builds.ts';
import { basesOfBuilder } from '../localImages/basesOfBuilder.ts';
import { findImagesIn, findImagesOf, type ReadImages } from './findImages.ts';
import { type PreparedBuild, prepareBuild } from './preparedBuild.ts';

export interface PreparerParts {
  readonly bases: BaseMemory;
  /** An image as its registry has it. */
  readonly remoteBase: AskForImage;
  /** The images of a builder without an engine; undefined where it has none of its own. */
  readonly storeOf: (builder: Builder) => ReadImages | undefined;
}

type PrepareOptions = CallOptions & Pick<StatusOptions, 'text' | 'asksRegistries' | 'isOffline'>;

/** Reads and plans builds, with their base images found where each builder would look for them. */
export class Preparer {
  readonly #parts: PreparerParts;

  constructor(parts: PreparerParts) {
    this.#parts = parts;
  }

  /** @param engine undefined where none is to be asked. */
  async prepare(
    builder: Builder,
    request: BuildRequest,
    engine: AskedEngine | undefined,
    options: PrepareOptions,
  ): Promise<PreparedBuild> {
    const { bases, storeOf } = this.#parts;
    const isAlone = builder.identity.client === 'buildctl';
    const asked = isAlone ? undefined : engine;
    const platform = await platformOf(engine, isAlone, options);
    const elsewhere = {
      memory: bases,
      ...(options.asksRegistries === true && { registry: this.#registryOf(builder, request, engine) }),
    };
    const store = options.isOffline === true ? undefined : storeOf(builder);
    const findImage =
      store === undefined ? findImagesOf(asked, request, elsewhere) : findImagesIn(store, request, elsewhere);
    return prepareBuild(builder, request, { text: options.text, platform, findImage }, options);
  }

  /** Where BuildKit asks, it is asked itself: it knows its mirrors. */
  #registryOf(
    { identity: { kind, client } }: Builder,
    { pull }: BuildRequest,
    engine: AskedEngine | undefined,
  ): AskForImage {
    const { remoteBase } = this.#parts;
    if (engine === undefined || kind !== 'buildkit') return remoteBase;
    const mode = pull === true ? 'pull' : client === 'buildctl' ? 'default' : 'local';
    return basesOfBuilder(engine.buildkit, mode, remoteBase);
  }
}

/** Of the machine that builds. @param isAlone BuildKit without an engine around it. */
export async function platformOf(
  engine: AskedEngine | undefined,
  isAlone: boolean,
  { signal }: CallOptions,
): Promise<Platform> {
  if (engine === undefined) return hostPlatform();
  if (!isAlone) return (await engine.client.capabilities(signal && { signal })).platform;
  const workers = await engine.memory.remember('workers', () => engine.buildkit.workers(signal));
  return workers[0]?.platform ?? hostPlatform();
}
