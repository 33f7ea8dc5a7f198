import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFileChange } from './containerFiles.ts';
import type { ContainerMounts } from './containerMounts.ts';
import type { EngineOwnImage } from './imageOfContainer.ts';
import { type ImportTarget, importForContainer } from './importForContainer.ts';
import { replayChanges } from './replayChanges.ts';
import type { StoreContainers } from './storeContainers.ts';

/** Where containers of engines are copied to. */
export interface ContainerStore {
  readonly images: ImportTarget;
  readonly containers: StoreContainers;
}

export interface CopyIntoStoreRequest {
  readonly store: ContainerStore;
  readonly image: EngineOwnImage | undefined;
  /** What the container's writable layer holds. */
  readonly changes: readonly ContainerFileChange[];
  readonly archive: ArchiveEndpoint;
  readonly mounts: ContainerMounts;
  /** Of the new container; made up when left out. */
  readonly name?: string | undefined;
}

/**
 * Makes a container of the store that holds what the engine's container holds: its image, and every change of its
 * writable layer. When something fails, the store is as it was before.
 */
export async function copyIntoStore(
  request: CopyIntoStoreRequest,
  options: CallOptions = {},
): Promise<ContainerConfig> {
  const { store, image, changes, archive, mounts, name } = request;
  if (image === undefined)
    throw new EngineError('not-found', 'the container’s image', 'the engine no longer has it');
  const imported = await importForContainer(store.images, image, options);
  let made: ContainerConfig | undefined;
  try {
    const { manifest, name: imageName } = imported;
    made = await store.containers.create({
      manifest,
      ...(imageName && { imageName }),
      ...(name && { name }),
    });
    const target = await store.containers.open(made.id, options);
    await replayChanges({ changes, archive, mounts, target }, options);
    return made;
  } catch (error) {
    if (made !== undefined) await store.containers.remove(made.id);
    await imported.undo();
    throw error;
  }
}
