import type * as vscode from 'vscode';
import { l10n } from 'vscode';
import { EngineError, isEngineError } from '../engine/index.ts';
import type { KnownEngine } from './knownEngine.ts';
import type { KnownEngines } from './knownEngines.ts';

export interface FoundContainer {
  readonly engine: KnownEngine;
  readonly name: string;
}

const key = 'lamina.engineContainers';
const mostKept = 200;
/** How long an engine is waited for that may have the container. */
const patienceMs = 5000;

/**
 * The engine that has a container, by its whole ID, as for a tab that comes back: the one that had it last, else those
 * that may be asked. None is connected for it that a person has set apart.
 *
 * @throws EngineError `not-found`; `refused` when its engine is not connected; `unreachable`.
 */
export async function findEngineContainer(
  engines: KnownEngines,
  memory: vscode.Memento,
  id: string,
): Promise<FoundContainer> {
  const listed = engines.shown.find(({ lists }) => lists.container(id) !== undefined);
  const engine = listed ?? (await rememberedEngine(engines, memory, id));
  const found = engine === undefined ? undefined : await containerIn(engine, id);
  const container = found ?? (await askAll(engines, id));
  if (container === undefined)
    throw new EngineError(
      'not-found',
      id.slice(0, 12),
      l10n.t('no engine that is connected has this container'),
    );
  await remember(memory, id, container.engine.location);
  return container;
}

async function rememberedEngine(
  engines: KnownEngines,
  memory: vscode.Memento,
  id: string,
): Promise<KnownEngine | undefined> {
  const location = placesIn(memory)[id];
  if (location === undefined) return undefined;
  const engine = await engines.find(location).catch(() => undefined);
  if (engine?.standing.kind === 'apart')
    throw new EngineError(
      'refused',
      engine.found.name,
      l10n.t('it is not connected; connect it in the view Containers'),
    );
  return engine;
}

async function askAll(engines: KnownEngines, id: string): Promise<FoundContainer | undefined> {
  const all = await engines.reachable();
  const answers = await Promise.all(all.map((engine) => containerIn(engine, id).catch(() => undefined)));
  return answers.find((answer) => answer !== undefined);
}

async function containerIn(engine: KnownEngine, id: string): Promise<FoundContainer | undefined> {
  const listed = engine.lists.container(id)?.names[0];
  if (listed !== undefined) return { engine, name: listed };
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const { name } = await engine.client.inspectContainer(id, { signal });
    return { engine, name };
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

function placesIn(memory: vscode.Memento): Readonly<Record<string, string>> {
  return memory.get<Readonly<Record<string, string>>>(key, {});
}

async function remember(memory: vscode.Memento, id: string, location: string): Promise<void> {
  const places = placesIn(memory);
  if (places[id] === location) return;
  const kept = Object.entries({ ...places, [id]: location }).slice(-mostKept);
  await memory.update(key, Object.fromEntries(kept));
}
