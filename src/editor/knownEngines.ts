import os from 'node:os';
import * as vscode from 'vscode';
import {
  type DiscoveredEndpoint,
  type Disposable,
  type Engine,
  EngineError,
  formatEndpoint,
} from '../engine/index.ts';
import { logFailure } from './failures.ts';
import { type EngineChange, KnownEngine } from './knownEngine.ts';
import type { Settings } from './settings.ts';

/** An engine that changed; undefined when another set of engines is to be shown. */
export type EnginesChange = EngineChange & { readonly engine: KnownEngine };

/** What a person decided about engines, and which were seen running; by machine, since windows may be on several. */
interface Remembered {
  /** Remote ones that are connected when a view shows them. */
  readonly connected: readonly string[];
  /** Local ones that are not. */
  readonly disconnected: readonly string[];
  /** Local ones that once answered: they are shown when they are stopped, too. */
  readonly seen: readonly string[];
}

/**
 * The container engines of this machine and those that configuration and settings name. They are looked for when the
 * first view that shows them becomes visible, and left alone when none is.
 */
export class KnownEngines implements Disposable {
  readonly #engine: () => Engine;
  readonly #memory: vscode.Memento;
  readonly #settings: Settings;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<EnginesChange | undefined>();
  readonly #key = `lamina.engines@${os.hostname()}`;
  #all: readonly KnownEngine[] = [];
  #viewers = 0;
  #discovery: Promise<void> | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(
    engine: () => Engine,
    memory: vscode.Memento,
    settings: Settings,
    log: vscode.LogOutputChannel,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#settings = settings;
    this.#log = log;
  }

  /** Those worth showing: a usual socket where nothing ever answered is not. */
  get shown(): readonly KnownEngine[] {
    return this.#all.filter((engine) => this.#isShown(engine));
  }

  /** Those that may be asked without a person's further word, for commands that ask with no view visible. */
  async reachable(): Promise<readonly KnownEngine[]> {
    if (this.#all.length === 0) await this.discover();
    const answers = await Promise.all(this.#all.map((each) => each.answers()));
    return this.#all.filter((_each, at) => answers[at] === true);
  }

  /** The engine at a location, shown or not. */
  at(location: string): KnownEngine | undefined {
    return this.#all.find((each) => each.location === location);
  }

  /** A view became visible. Disposing says that it is not any more. */
  look(): Disposable {
    this.#viewers++;
    if (this.#viewers === 1) void this.discover();
    let isLooking = true;
    return {
      dispose: () => {
        if (!isLooking) return;
        isLooking = false;
        this.#viewers--;
        if (this.#viewers === 0) for (const each of this.#all) each.leave();
      },
    };
  }

  /** Looks for engines; those that are known stay. All who wait share the search. */
  discover(): Promise<void> {
    this.#discovery ??= this.#discover().finally(() => {
      this.#discovery = undefined;
    });
    return this.#discovery;
  }

  /** Asks every engine anew. */
  async refresh(): Promise<void> {
    await this.discover();
    await Promise.all(this.#all.map((each) => each.refresh()));
  }

  async connect(engine: KnownEngine): Promise<void> {
    await this.#remember(engine, engine.found.isRemote ? { connected: true } : { disconnected: false });
    engine.setApart(false);
    if (this.#viewers > 0) engine.look();
  }

  async disconnect(engine: KnownEngine): Promise<void> {
    await this.#remember(engine, engine.found.isRemote ? { connected: false } : { disconnected: true });
    engine.setApart(true);
  }

  /**
   * The engine at a location, looked for when it is not known yet, as for a tab that comes back.
   *
   * @throws EngineError `not-found`.
   */
  async find(location: string): Promise<KnownEngine> {
    if (this.at(location) === undefined) await this.discover();
    const engine = this.at(location);
    if (engine === undefined) throw new EngineError('not-found', location, 'no such engine is known');
    return engine;
  }

  /** Resolves once the engine's lists are known, or it is sure that they will not be for now. */
  async listed(engine: KnownEngine): Promise<void> {
    const isSettled = (): boolean =>
      engine.lists.isKnown || engine.standing.kind === 'lost' || engine.standing.kind === 'apart';
    if (isSettled()) return;
    await new Promise<void>((resolve) => {
      const listening = engine.onDidChange(() => {
        if (!isSettled()) return;
        listening.dispose();
        resolve();
      });
    });
  }

  /** Connections belong to the engine of layers; when that is made anew, so are they. */
  reconnect(): void {
    for (const each of this.#all) each.forgetConnection();
    if (this.#viewers > 0) for (const each of this.#all) each.look();
  }

  dispose(): void {
    for (const each of this.#all) each.dispose();
    this.#changed.dispose();
  }

  async #discover(): Promise<void> {
    const found = await this.#found();
    const known = new Map(this.#all.map((each) => [each.location, each]));
    this.#all = found.map((each) => known.get(formatEndpoint(each.endpoint)) ?? this.#make(each));
    for (const gone of known.values()) if (!this.#all.includes(gone)) gone.dispose();
    if (this.#viewers > 0) for (const each of this.#all) each.look();
    this.#changed.fire(undefined);
  }

  async #found(): Promise<readonly DiscoveredEndpoint[]> {
    const configured = this.#settings.engineEndpoints;
    const { endpoints, problems } = await this.#engine().discoverEngines({ configured });
    for (const { subject, detail } of problems) this.#log.warn(`${subject}: ${detail}`);
    const wanted = this.#settings.discoversEngines
      ? endpoints
      : endpoints.filter(({ origin }) => origin === 'setting');
    return [...new Map(wanted.map((each) => [formatEndpoint(each.endpoint), each])).values()];
  }

  #make(found: DiscoveredEndpoint): KnownEngine {
    const location = formatEndpoint(found.endpoint);
    const { connected, disconnected } = this.#remembered;
    const isApart = found.isRemote ? !connected.includes(location) : disconnected.includes(location);
    const engine = new KnownEngine(found, this.#engine, isApart);
    engine.onDidChange((change) => {
      if (engine.standing.kind === 'connected' && change.kind === 'standing') this.#seen(engine);
      if (engine.standing.kind === 'lost' && change.kind === 'standing')
        logFailure(engine.standing.error, this.#log);
      this.#changed.fire({ ...change, engine });
    });
    return engine;
  }

  #isShown({ found, location, standing }: KnownEngine): boolean {
    if (found.origin !== 'socket' || standing.kind === 'connected' || standing.kind === 'apart') return true;
    // A socket that is there and refuses is worth a word; one that is not there is only a guess of ours.
    if (standing.kind === 'lost' && !isAbsent(standing.error)) return true;
    return this.#remembered.seen.includes(location);
  }

  #seen({ found, location }: KnownEngine): void {
    const { seen } = this.#remembered;
    if (found.isRemote || seen.includes(location)) return;
    void this.#memory.update(this.#key, { ...this.#remembered, seen: [...seen, location].slice(-20) });
    this.#changed.fire(undefined);
  }

  get #remembered(): Remembered {
    const none: Remembered = { connected: [], disconnected: [], seen: [] };
    return { ...none, ...this.#memory.get<Partial<Remembered>>(this.#key) };
  }

  async #remember(
    { location }: KnownEngine,
    what: { readonly connected?: boolean; readonly disconnected?: boolean },
  ): Promise<void> {
    const now = this.#remembered;
    const kept = (list: readonly string[], isKept: boolean | undefined): readonly string[] => {
      if (isKept === undefined) return list;
      const others = list.filter((each) => each !== location);
      return isKept ? [...others, location] : others;
    };
    await this.#memory.update(this.#key, {
      ...now,
      connected: kept(now.connected, what.connected),
      disconnected: kept(now.disconnected, what.disconnected),
    });
  }
}

/** Whether not even a socket is there, so that nothing says that an engine ever was. */
function isAbsent({ code, cause }: EngineError): boolean {
  return code === 'unreachable' && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
