import path from 'node:path';
import { type BuildRequest, parsePlatform } from '../engine/index.ts';
import type { ContextChoice, FoundContext } from './buildContexts.ts';
import type { BuildMemory, RememberedBuild } from './buildMemory.ts';

/** What the next build of a Dockerfile is asked for, and what tells its context. */
export interface KnownRequest {
  readonly request: BuildRequest;
  readonly origin: FoundContext['origin'];
}

/** Puts together what is asked for: what a person decided, else what settings, compose and bake files say. */
export class BuildRequests {
  readonly #memory: BuildMemory;
  readonly #contexts: ContextChoice;

  constructor(memory: BuildMemory, contexts: ContextChoice) {
    this.#memory = memory;
    this.#contexts = contexts;
  }

  /** Undefined when nothing tells the context. */
  async of(dockerfile: string): Promise<KnownRequest | undefined> {
    const remembered = this.#memory.of(dockerfile);
    const found = await this.#contexts.find(dockerfile, remembered.context);
    return found && { origin: found.origin, request: requestOf(dockerfile, remembered, found.base) };
  }
}

function requestOf(
  dockerfile: string,
  { target, args, platform, tag, network }: RememberedBuild,
  base: FoundContext['base'],
): BuildRequest {
  return {
    tags: [],
    ...base,
    dockerfile: path.normalize(dockerfile),
    buildArgs: new Map([...(base.buildArgs ?? []), ...Object.entries(args ?? {})]),
    // A person may want no name.
    ...(tag !== undefined && { tags: tag === '' ? [] : [tag] }),
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
  };
}
