import * as vscode from 'vscode';
import type { Builder, Builds } from '../engine/index.ts';
import type { BuildMemory } from './buildMemory.ts';
import type { KnownEngine } from './knownEngine.ts';
import type { KnownEngines } from './knownEngines.ts';

/** A builder, and the engine that it belongs to. */
export interface KnownBuilder {
  readonly builder: Builder;
  readonly engine: KnownEngine;
}

/** The builder of a Dockerfile. */
export interface ChosenBuilder {
  /** Of one that may not or cannot be asked, what was known of it the last time. */
  readonly builder?: Builder;
  readonly engine?: KnownEngine;
  /** Why it is not asked: the folder is not trusted, or no engine answers. */
  readonly hindrance?: 'untrusted' | 'no-builder';
}

/**
 * Which builder a Dockerfile is built with: the one that a person chose, else the one that `docker build` would take.
 * Engines are asked once for their builders, when the first Dockerfile wants to know.
 */
export class BuilderChoice {
  readonly #builds: () => Builds;
  readonly #engines: KnownEngines;
  readonly #memory: BuildMemory;
  readonly #asked = new Map<string, Promise<readonly Builder[]>>();

  constructor(builds: () => Builds, engines: KnownEngines, memory: BuildMemory) {
    this.#builds = builds;
    this.#engines = engines;
    this.#memory = memory;
  }

  async of(dockerfile: string): Promise<ChosenBuilder> {
    if (!vscode.workspace.isTrusted) return { hindrance: 'untrusted', ...this.#last(dockerfile) };
    const known = await this.#find(dockerfile);
    if (known === undefined) return { hindrance: 'no-builder', ...this.#last(dockerfile) };
    await this.#memory.setLast(dockerfile, known.builder.identity);
    return known;
  }

  /** All of them, to choose from; none while the folder is not trusted. */
  async all(): Promise<readonly KnownBuilder[]> {
    if (!vscode.workspace.isTrusted) return [];
    const lists = (await this.#engines.reachable()).map(async (engine) =>
      (await this.#of(engine)).map((builder) => ({ builder, engine })),
    );
    return (await Promise.all(lists)).flat();
  }

  /** Engines are asked again: one was started, or became another. */
  forget(): void {
    this.#asked.clear();
  }

  async #find(dockerfile: string): Promise<KnownBuilder | undefined> {
    const wanted = this.#memory.of(dockerfile).builder;
    const isWanted = ({ location }: KnownEngine): boolean => location === wanted?.engine;
    const all = await this.#engines.reachable();
    for (const engine of [...all.filter(isWanted), ...all.filter((each) => !isWanted(each))]) {
      const builders = await this.#of(engine);
      const builder = builders.find(({ identity }) => identity.id === wanted?.id) ?? builders[0];
      if (builder !== undefined) return { builder, engine };
    }
    return undefined;
  }

  #last(dockerfile: string): { readonly builder?: Builder } {
    const identity = this.#memory.last(dockerfile);
    return identity === undefined ? {} : { builder: { identity } };
  }

  /** An engine that does not say has none. */
  async #of({ location, found }: KnownEngine): Promise<readonly Builder[]> {
    const asking = this.#asked.get(location) ?? this.#builds().builders(found.endpoint);
    this.#asked.set(location, asking);
    try {
      return await asking;
    } catch {
      this.#asked.delete(location);
      return [];
    }
  }
}
