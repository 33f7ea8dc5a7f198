import * as vscode from 'vscode';
import {
  type DiscoveredEndpoint,
  type Disposable,
  type Engine,
  type EngineCapabilities,
  type EngineClient,
  type EngineConnection,
  type EngineContainer,
  EngineError,
  type EngineEvent,
  type EngineImage,
  type EngineNews,
  type EngineState,
  type EngineVersion,
  formatEndpoint,
  isEngineError,
  toEngineError,
} from '../engine/index.ts';
import { EngineLists, type ListChange } from './engineLists.ts';

/** How it stands with an engine, for a person. */
export type EngineStanding =
  /** Nothing connects before a person says so: it is remote, or was disconnected. */
  | { readonly kind: 'apart' }
  /** No view shows it, so nothing is known that is sure. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly capabilities: EngineCapabilities }
  /** It is tried again by itself, as long as a view shows it. */
  | { readonly kind: 'lost'; readonly error: EngineError };

/** What became another: how it stands, or something in its lists. */
export type EngineChange = { readonly kind: 'standing' } | ListChange;

/** An engine that is there and whose list failed is asked again after that long. */
const askAgainMs = 10_000;
/** Events that come close together are one change. */
const settleMs = 150;
/** How long a list to choose from waits for an engine. */
const patienceMs = 3000;
/** From so many things on, the whole list is asked for instead of each. */
const manyAtOnce = 12;

/**
 * One engine: how it stands, its images and containers. While a view looks, its events are heard, and each asks only
 * for the image or container it speaks of; while none does, nothing runs.
 */
export class KnownEngine {
  readonly found: DiscoveredEndpoint;
  /** As people write it; names the engine everywhere. */
  readonly location: string;
  readonly lists = new EngineLists();
  readonly #engine: () => Engine;
  readonly #changed = new vscode.EventEmitter<EngineChange>();
  readonly #pending = { images: new Set<string>(), containers: new Set<string>() };
  #connection: EngineConnection | undefined;
  #looking: readonly Disposable[] | undefined;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #standing: EngineStanding;
  #version: EngineVersion | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(found: DiscoveredEndpoint, engine: () => Engine, isApart: boolean) {
    this.found = found;
    this.location = formatEndpoint(found.endpoint);
    this.#engine = engine;
    this.#standing = isApart ? { kind: 'apart' } : { kind: 'idle' };
  }

  get standing(): EngineStanding {
    return this.#standing;
  }

  /** Known once it was connected. */
  get version(): EngineVersion | undefined {
    return this.#version;
  }

  /** The engine, for what a person asks of it. @throws EngineError `refused` when a person set it apart. */
  get connection(): EngineConnection {
    if (this.#standing.kind === 'apart')
      throw new EngineError('refused', this.location, 'it is not connected');
    return (this.#connection ??= this.#engine().connectEngine(this.found.endpoint));
  }

  get client(): EngineClient {
    return this.connection.client;
  }

  /** A view shows it: connects and listens, unless it is set apart. Looking twice is looking once. */
  look(): void {
    if (this.#looking !== undefined || this.#standing.kind === 'apart') return;
    const { events } = this.connection;
    this.#abort = new AbortController();
    this.#stand({ kind: 'connecting' });
    this.#looking = [
      events.onDidChangeState((state) => {
        this.#onState(state);
      }),
      events.onNews((news) => {
        this.#onNews(news);
      }),
    ];
    this.#onState(events.state);
  }

  /** No view shows it any more: nothing is connected, waited for or asked. */
  leave(): void {
    for (const each of this.#looking ?? []) each.dispose();
    this.#looking = undefined;
    this.#abort.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    this.#timer = undefined;
    this.#pending.images.clear();
    this.#pending.containers.clear();
    if (this.#standing.kind !== 'apart') this.#standing = { kind: 'idle' };
  }

  /** Tries again at once. */
  retry(): void {
    if (this.#looking === undefined || this.#connection === undefined) return;
    const { events } = this.#connection;
    if (events.state.kind === 'connected') {
      // The engine is there; it was a list that failed.
      this.#stand(events.state);
      void this.#askAll();
      return;
    }
    this.#stand({ kind: 'connecting' });
    events.retryNow();
  }

  /** Asks for both lists anew. */
  async refresh(): Promise<void> {
    if (this.#standing.kind === 'connected') await this.#askAll();
    else this.retry();
  }

  /** Whether it may be asked, and is there. While no view shows it that has to be tried. */
  async answers(): Promise<boolean> {
    const { kind } = this.#standing;
    if (kind !== 'idle') return kind === 'connected' || kind === 'connecting';
    return this.client.ping({ signal: AbortSignal.timeout(patienceMs) });
  }

  /** Its images for a list to choose from; none when it does not answer soon. */
  async imagesSoon(): Promise<readonly EngineImage[]> {
    if (this.lists.isKnown) return this.lists.images;
    try {
      return await this.client.listImages({ signal: AbortSignal.timeout(patienceMs), manifests: true });
    } catch {
      return [];
    }
  }

  /** The same of its containers. */
  async containersSoon(): Promise<readonly EngineContainer[]> {
    if (this.lists.isKnown) return this.lists.containers;
    try {
      return await this.client.listContainers({ signal: AbortSignal.timeout(patienceMs), all: true });
    } catch {
      return [];
    }
  }

  /** A person chose to connect it, or not to. */
  setApart(isApart: boolean): void {
    if (isApart === (this.#standing.kind === 'apart')) return;
    this.leave();
    if (isApart) this.lists.clear();
    this.#stand(isApart ? { kind: 'apart' } : { kind: 'idle' });
  }

  /** The connection of an engine that was closed is of no use any more. */
  forgetConnection(): void {
    this.leave();
    this.#connection = undefined;
  }

  dispose(): void {
    this.leave();
    this.#changed.dispose();
  }

  #onState(state: EngineState): void {
    if (state.kind === 'connecting' && this.#standing.kind === 'idle') this.#stand(state);
    if (state.kind === 'connected') this.#stand(state);
    if (state.kind !== 'lost') return;
    this.lists.clear();
    // Each try in vain says the same; nothing is drawn or logged again for it.
    if (!isSameLoss(this.#standing, state.error)) this.#stand({ kind: 'lost', error: state.error });
  }

  #onNews(news: EngineNews): void {
    if (news.kind === 'resync') void this.#askAll();
    else this.#onEvent(news.event);
  }

  #onEvent({ type, action, id }: EngineEvent): void {
    const [verb = ''] = action.split(':');
    if (type === 'image' && imageVerbs.has(verb)) this.#pending.images.add(id);
    else if (type === 'container' && containerVerbs.has(verb)) this.#pending.containers.add(id);
    else return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#askPending();
    }, settleMs);
  }

  async #askAll(): Promise<void> {
    const options = { signal: this.#abort.signal };
    await this.#asking(async () => {
      const [version, images, containers] = await Promise.all([
        this.client.version(options),
        this.client.listImages({ ...options, manifests: true }),
        this.client.listContainers({ ...options, all: true }),
      ]);
      if (options.signal.aborted) return;
      this.#version = version;
      this.lists.set(images, containers);
      this.#changed.fire({ kind: 'standing' });
    });
  }

  async #askPending(): Promise<void> {
    const images = [...this.#pending.images];
    const containers = [...this.#pending.containers];
    this.#pending.images.clear();
    this.#pending.containers.clear();
    // Podman does not say which images a load has brought.
    const isUnnamed = images.includes('');
    if (isUnnamed || images.length + containers.length > manyAtOnce) return this.#askAll();
    await this.#asking(async () => {
      await Promise.all([
        ...images.map((id) => this.#askImage(id)),
        ...containers.map((id) => this.#askContainer(id)),
      ]);
    });
  }

  async #askImage(idOrName: string): Promise<void> {
    const { signal } = this.#abort;
    const image = await this.#imageNow(idOrName, signal);
    if (signal.aborted) return;
    const { changes, unsure } = this.lists.putImage(idOrName, image);
    this.#tell(changes);
    // A name that moved leaves another image behind.
    for (const id of unsure) await this.#askImage(id);
  }

  async #imageNow(idOrName: string, signal: AbortSignal): Promise<EngineImage | undefined> {
    try {
      const details = await this.client.inspectImage(idOrName, { signal, manifests: true });
      return this.lists.imageOf(details);
    } catch (error) {
      if (isEngineError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async #askContainer(id: string): Promise<void> {
    const { signal } = this.#abort;
    const found = await this.client.listContainers({ signal, all: true, filters: { id: [id] } });
    if (signal.aborted) return;
    const container: EngineContainer | undefined = found.find((each) => each.id === id);
    this.#tell(this.lists.putContainer(id, container));
  }

  /** A failed question is not the end: the stream tells when the engine is gone. */
  async #asking(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#abort;
    try {
      await work();
    } catch (error) {
      if (signal.aborted || isEngineError(error, 'cancelled')) return;
      if (this.lists.isKnown || this.#connection?.events.state.kind !== 'connected') return;
      this.#stand({ kind: 'lost', error: toEngineError(error, this.location) });
      // Nobody else would: the stream of events has no reason to begin anew.
      this.#again = setTimeout(() => {
        this.retry();
      }, askAgainMs);
    }
  }

  #stand(standing: EngineStanding): void {
    this.#standing = standing;
    this.#changed.fire({ kind: 'standing' });
  }

  #tell(changes: readonly ListChange[]): void {
    for (const change of changes) this.#changed.fire(change);
  }
}

function isSameLoss(standing: EngineStanding, { code, detail }: EngineError): boolean {
  return standing.kind === 'lost' && standing.error.code === code && standing.error.detail === detail;
}

/** What an engine does with an image, or with a name of one, so that it is another than before. */
export const imageVerbs: ReadonlySet<string> = new Set([
  'pull',
  'load',
  'import',
  'tag',
  'untag',
  'delete',
  'create',
  'update',
  // Podman's words.
  'remove',
  'build',
  'commit',
  'loadfromarchive',
]);

const containerVerbs: ReadonlySet<string> = new Set([
  'create',
  'start',
  'restart',
  'stop',
  'die',
  'died',
  'kill',
  'oom',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
  'remove',
  'init',
  'cleanup',
  'health_status',
]);
