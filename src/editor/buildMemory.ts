import * as vscode from 'vscode';
import type { BuilderIdentity } from '../engine/index.ts';

/** What a person decided about the builds of one Dockerfile; what is left out is as `docker build` has it. */
export interface RememberedBuild {
  /** The context's directory, absolute. */
  readonly context?: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly platform?: string;
  readonly tag?: string;
  readonly network?: string;
  readonly builder?: RememberedBuilder;
}

export interface RememberedBuilder {
  /** The engine's location. */
  readonly engine: string;
  /** Of the builder's identity. */
  readonly id: string;
}

/** A changed member replaces what was remembered; `undefined` forgets it. */
export type BuildChange = { readonly [Key in keyof RememberedBuild]?: RememberedBuild[Key] | undefined };

const prefix = 'lamina.build:';
const lastPrefix = 'lamina.lastBuilder:';

/** Keeps those decisions for the workspace, by the Dockerfile's path. */
export class BuildMemory {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<string>();
  /** The value is the path of the Dockerfile whose builds are to be others. */
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  of(dockerfile: string): RememberedBuild {
    return this.#memory.get<RememberedBuild>(`${prefix}${dockerfile}`) ?? {};
  }

  async change(dockerfile: string, change: BuildChange): Promise<void> {
    const members = Object.entries({ ...this.of(dockerfile), ...change });
    const kept = Object.fromEntries(members.filter(([, value]) => value !== undefined));
    await this.#memory.update(`${prefix}${dockerfile}`, Object.keys(kept).length === 0 ? undefined : kept);
    this.#changed.fire(dockerfile);
  }

  /** The builder that was asked the last time, for when none can be. */
  last(dockerfile: string): BuilderIdentity | undefined {
    return this.#memory.get<BuilderIdentity>(`${lastPrefix}${dockerfile}`);
  }

  async setLast(dockerfile: string, builder: BuilderIdentity): Promise<void> {
    if (JSON.stringify(this.last(dockerfile)) !== JSON.stringify(builder))
      await this.#memory.update(`${lastPrefix}${dockerfile}`, builder);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
