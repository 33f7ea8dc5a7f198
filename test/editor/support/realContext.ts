import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EditorContext } from '../../../src/editor/context.ts';
import { KnownEngines } from '../../../src/editor/knownEngines.ts';
import { OpenedContainers } from '../../../src/editor/openedContainers.ts';
import { OpenedImages } from '../../../src/editor/openedImages.ts';
import { Settings } from '../../../src/editor/settings.ts';
import { SignIns } from '../../../src/editor/signIns.ts';
import { createEngine } from '../../../src/engine/index.ts';
import { tempDir } from '../../support/tempDir.ts';

/** Kept as long as the test: what VS Code keeps over a restart. */
export class MemoryOnly implements vscode.Memento {
  readonly #values = new Map<string, unknown>();

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  get<T>(key: string, fallback?: T): T {
    return (this.#values.get(key) ?? fallback) as T;
  }

  async update(key: string, value: unknown): Promise<void> {
    // As VS Code does, what cannot be written as JSON is lost.
    await Promise.resolve();
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, JSON.parse(JSON.stringify(value)));
  }
}

/** Secrets of one test. */
class SecretsOnly implements vscode.SecretStorage {
  readonly #values = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.SecretStorageChangeEvent>();
  readonly onDidChange = this.#changed.event;

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#values.get(key));
  }

  store(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    this.#changed.fire({ key });
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#values.delete(key);
    this.#changed.fire({ key });
    return Promise.resolve();
  }
}

/** One for all: VS Code gives a channel of the same name again, disposed or not. */
const log = vscode.window.createOutputChannel('Lamina test', { log: true });

export interface RealContext extends EditorContext {
  dispose(): Promise<void>;
}

export interface RealContextOptions {
  /** Where container engines are; the machine's own are left alone. */
  readonly engines?: readonly string[];
}

/** VS Code's settings, but for where engines are. */
class OwnSettings extends Settings {
  readonly #locations: readonly string[];

  constructor(locations: readonly string[]) {
    super();
    this.#locations = locations;
  }

  override get engineEndpoints(): readonly string[] {
    return this.#locations;
  }

  override get discoversEngines(): boolean {
    return false;
  }
}

/** What the extension hands to its features, with a real engine and a store of its own. */
export function realContext(
  memory: vscode.Memento = new MemoryOnly(),
  { engines: locations = [] }: RealContextOptions = {},
): RealContext {
  const extension = vscode.extensions.getExtension('lamina.lamina');
  if (extension === undefined) throw new Error('the extension is installed');
  const signIns = new SignIns(new SecretsOnly(), memory);
  const engine = createEngine({
    log,
    storeDirectory: tempDir().path,
    bundles: join(extension.extensionPath, 'dist'),
    registries: { credentials: signIns },
  });
  const settings = new OwnSettings(locations);
  const engines = new KnownEngines(() => engine, memory, settings, log);
  const images = new OpenedImages(
    () => engine,
    memory,
    (location) => engines.find(location),
  );
  const containers = new OpenedContainers(
    {
      stored: () => engine.containers,
      engines,
      filesIn: ({ connection }, id) => connection.containerFiles(id),
    },
    images,
    memory,
  );
  const subscriptions: { dispose(): unknown }[] = [];
  return {
    engine,
    images,
    engines,
    containers,
    settings,
    signIns,
    log,
    memory,
    extensionUri: extension.extensionUri,
    subscriptions,
    async dispose() {
      for (const each of subscriptions) each.dispose();
      containers.dispose();
      engines.dispose();
      await images.dispose();
      await engine[Symbol.asyncDispose]();
    },
  };
}
