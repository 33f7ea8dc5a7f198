import { type ByteName, type LayerPath, parentPath, baseName, toText } from '../base/layerPath.ts';
import { isEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerChange } from '../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';

/** A change as the engine tells it. JSON has no bytes: in the path, those that are no UTF-8 are U+FFFD. */
export interface ToldChange {
  readonly path: LayerPath;
  readonly kind: ContainerChange['kind'];
}

/**
 * Which names a container's writable layer touched, as the engine tells it. Docker compares two whole trees for each
 * answer, which takes a second where there are many files: one answer serves those who ask within moments.
 */
export class TouchedNames {
  readonly #client: EngineClient;
  readonly #id: string;
  #known: { readonly all: Promise<readonly ToldChange[]>; readonly untilMs: number } | undefined;
  #byFolder: { readonly of: readonly ToldChange[]; readonly folders: Folders } | undefined;

  constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.#id = id;
  }

  /** What was known may not be so any more. */
  forget(): void {
    this.#known = undefined;
  }

  /** As of now. */
  async ask({ signal }: CallOptions = {}): Promise<readonly ToldChange[]> {
    const changes = await this.#client.containerChanges(this.#id, signal && { signal });
    return changes.map(({ path, kind }) => ({ path: bytesOf(path), kind }));
  }

  /**
   * Directly in a folder, by name; as of a moment ago. Undefined when the engine fails at it: Podman does where a folder
   * took the place of a file.
   */
  async in(directory: LayerPath): Promise<ReadonlyMap<ByteName, ContainerChange['kind']> | undefined> {
    const all = await this.#recent().catch((error: unknown) => {
      if (isEngineError(error, 'refused')) return undefined;
      throw error;
    });
    if (all === undefined) return undefined;
    if (this.#byFolder?.of !== all) this.#byFolder = { of: all, folders: byFolder(all) };
    return this.#byFolder.folders.get(directory) ?? new Map();
  }

  /** Callers share it, so no one's signal cancels it. */
  #recent(): Promise<readonly ToldChange[]> {
    if (this.#known !== undefined && performance.now() < this.#known.untilMs) return this.#known.all;
    const known = { all: this.ask(), untilMs: Infinity };
    this.#known = known;
    known.all.then(
      () => {
        if (this.#known === known) this.#known = { ...known, untilMs: performance.now() + momentMs };
      },
      () => {
        if (this.#known === known) this.#known = undefined;
      },
    );
    return known.all;
  }
}

const momentMs = 2000;

type Folders = ReadonlyMap<LayerPath, ReadonlyMap<ByteName, ContainerChange['kind']>>;

function byFolder(changes: readonly ToldChange[]): Folders {
  const folders = new Map<LayerPath, Map<ByteName, ContainerChange['kind']>>();
  for (const { path, kind } of changes) {
    const folder = parentPath(path);
    const names = folders.get(folder) ?? new Map<ByteName, ContainerChange['kind']>();
    folders.set(folder, names.set(baseName(path), kind));
  }
  return folders;
}

function bytesOf(path: string): LayerPath {
  return Buffer.from(path, 'utf8').toString('latin1') as LayerPath;
}

/** A name or path as JSON tells it. */
export function asTold<T extends ByteName | LayerPath>(name: T): T {
  const text = toText(name).replace(/[\uF780-\uF7FF]/g, '\uFFFD');
  return Buffer.from(text, 'utf8').toString('latin1') as T;
}

/** Whether a told name may stand for another one. */
export function isLossy(told: ByteName | LayerPath): boolean {
  return told.includes('\xef\xbf\xbd');
}
