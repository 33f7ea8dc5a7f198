import {
  byteName,
  type ByteName,
  joinPath,
  type LayerPath,
  parseLayerPath,
  splitPath,
} from '../base/layerPath.ts';
import type { EngineContainerDetails } from '../sources/dockerEngine/engineApi.ts';
import { asObject } from '../oci/json.ts';

/**
 * Where a path of a container lies: in the image and the writable layer; in a folder of the host or a volume, of which
 * the image knows nothing; or in what the kernel makes up while the container runs (`/proc`, `/sys`, `/dev`, tmpfs),
 * which engines give no files of.
 */
export type Ground = 'image' | 'mount' | 'memory';

/** What lies over a container's own files. */
export class ContainerMounts {
  /** Whether its programs can be run. */
  readonly canRun: boolean;
  readonly #grounds: readonly { readonly path: LayerPath; readonly ground: Ground }[];

  constructor({ state, mounts, json }: EngineContainerDetails) {
    this.canRun = state === 'running';
    const isUp = this.canRun || state === 'paused';
    const tmpfs = Object.keys(asObject(asObject(json['HostConfig'])?.['Tmpfs']) ?? {});
    const places = mounts.map(({ type, destination }) => ({ path: destination, isMemory: type === 'tmpfs' }));
    const all = [...[...kernels, ...tmpfs].map((path) => ({ path, isMemory: true })), ...places];
    this.#grounds = all.map(({ path, isMemory }) => ({
      path: parseLayerPath(path),
      ground: !isMemory ? 'mount' : isUp ? 'memory' : 'image',
    }));
  }

  /** Of a real path. The innermost counts. */
  groundOf(path: LayerPath): Ground {
    let innermost: { readonly path: string; readonly ground: Ground } = { path: '', ground: 'image' };
    for (const each of this.#grounds)
      if (
        (path === each.path || path.startsWith(`${each.path}/`)) &&
        each.path.length >= innermost.path.length
      )
        innermost = each;
    return innermost.ground;
  }

  /**
   * Names directly in a folder that are neither the image's nor changes: the engine put them there, or something lies
   * over them. They may or may not be there.
   */
  namesIn(directory: LayerPath): ReadonlySet<ByteName> {
    const names = new Set(engineFiles.get(directory)?.map(byteName));
    const depth = splitPath(directory).length;
    for (const { path } of this.#grounds) {
      const name = splitPath(path)[depth];
      if (name !== undefined && path.startsWith(directory === '/' ? '/' : `${directory}/`)) names.add(name);
    }
    return names;
  }

  /** Whether something else than the image's file is at the path. */
  isCovered(directory: LayerPath, name: ByteName): boolean {
    const path = joinPath(directory, name);
    return (
      this.#grounds.some((each) => each.path === path && each.ground === 'mount') || boundFiles.has(path)
    );
  }
}

const kernels = ['/proc', '/sys', '/dev'];

/** What Docker's and Podman's init put where the image has none, or over what it has. */
const engineFiles: ReadonlyMap<string, readonly string[]> = new Map([
  ['/', ['.dockerenv', 'etc', 'run']],
  ['/etc', ['hostname', 'hosts', 'mtab', 'resolv.conf']],
  ['/dev', ['console', 'pts', 'shm']],
  ['/run', ['.containerenv', 'secrets']],
]);

const boundFiles: ReadonlySet<string> = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);
