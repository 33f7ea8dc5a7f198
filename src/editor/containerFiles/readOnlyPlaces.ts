import type { EngineContainerDetails, LayerPath } from '../../engine/index.ts';
import type { OpenedContainer } from '../openedContainers.ts';

/** Where an engine writes nothing: a container is made with that, and it never changes. */
interface ReadOnly {
  readonly root: boolean;
  readonly mounts: readonly { readonly path: string; readonly isReadOnly: boolean }[];
}

/** Tells which files of engines' containers cannot be written. Asks an engine once for each container. */
export class ReadOnlyPlaces {
  readonly #known = new WeakMap<OpenedContainer, Promise<ReadOnly>>();

  /** @param path a real one. */
  async has(container: OpenedContainer, path: LayerPath): Promise<boolean> {
    const { place, id } = container;
    if (place.kind === 'store') return false;
    const asked = this.#known.get(container) ?? place.engine.client.inspectContainer(id).then(readOnlyOf);
    this.#known.set(container, asked);
    asked.catch(() => this.#known.delete(container));
    const { root, mounts } = await asked;
    const innermost = mounts
      .filter((each) => path === each.path || path.startsWith(`${each.path}/`))
      .reduce((best, each) => (each.path.length >= best.path.length ? each : best), {
        path: '',
        isReadOnly: root,
      });
    return innermost.isReadOnly;
  }
}

function readOnlyOf({ json, mounts }: EngineContainerDetails): ReadOnly {
  const host = json['HostConfig'];
  const root =
    typeof host === 'object' && host !== null && 'ReadonlyRootfs' in host && host.ReadonlyRootfs === true;
  return {
    root,
    mounts: mounts.map(({ destination, isWritable }) => ({
      path: destination.replace(/\/+$/, ''),
      isReadOnly: !isWritable,
    })),
  };
}
