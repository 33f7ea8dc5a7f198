import type * as vscode from 'vscode';
import type { Builds } from '../engine/index.ts';
import { BuilderChoice } from './builderChoice.ts';
import { ContextChoice, type FindBuilds } from './buildContexts.ts';
import { BuildMemory } from './buildMemory.ts';
import { BuildRequests } from './buildRequests.ts';
import { CacheStates } from './cacheStates.ts';
import type { EditorContext } from './context.ts';
import { RunningBuilds } from './runningBuilds.ts';

/** What the features for Dockerfiles share: statuses, running builds, and how a person wants them. */
export interface DockerfileBuilds {
  readonly builds: () => Builds;
  readonly memory: BuildMemory;
  readonly requests: BuildRequests;
  readonly builders: BuilderChoice;
  readonly states: CacheStates;
  readonly running: RunningBuilds;
}

/** Where the engine's part comes from; tests have one of their own. */
export interface BuildsParts {
  readonly builds: () => Builds;
  readonly findBuilds: FindBuilds;
  /** Of the workspace. */
  readonly memory: vscode.Memento;
  readonly settleMs?: number;
}

export function createDockerfileBuilds(
  { engines, settings, log, subscriptions }: EditorContext,
  { builds, findBuilds, memory: memento, ...timing }: BuildsParts,
): DockerfileBuilds {
  const memory = new BuildMemory(memento);
  const requests = new BuildRequests(memory, new ContextChoice(settings, findBuilds));
  const builders = new BuilderChoice(builds, engines, memory);
  const states = new CacheStates({ builds, requests, builders, memory, log, ...timing });
  const running = new RunningBuilds();
  subscriptions.push(states, memory, running);
  return { builds, memory, requests, builders, states, running };
}
