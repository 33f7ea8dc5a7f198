import type { JobHandlers } from '../base/jobServer.ts';
import { damagedLayerIndex } from '../layers/damagedLayerIndex.ts';
import { readFileContent } from '../layers/fileContent.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { openLayerIndex } from '../layers/layerIndexFile.ts';
import type { OpenLayers, ReadableLayer } from '../layers/openLayers.ts';
import { fileContentIn } from '../rootfs/fileContentIn.ts';
import { createUnionView } from '../rootfs/unionView.ts';
import { diskStoreAt } from '../store/diskStore.ts';
import { nodeDisk } from '../store/nodeDisk.ts';
import { EngineError } from '../base/errors.ts';
import { Container, type ContainerBase } from './container.ts';
import type { ContainerConfig } from './containerConfig.ts';
import { packOn, type PackedLayer } from './packContainer.ts';

/** What threads do for containers; they read its journal themselves. */
export interface ContainerJobs {
  readonly packContainer: {
    readonly request: PackContainerRequest;
    readonly result: PackedLayer | undefined;
  };
}

export interface PackContainerRequest {
  /** Of the store. */
  readonly directory: string;
  readonly config: ContainerConfig;
  /** Of the container's image, lowest first; undefined where one is not there. */
  readonly layers: readonly (ReadableLayer | undefined)[];
  readonly destination: string;
}

/** @param layers is closed by whoever made it. */
export function containerJobs(layers: OpenLayers): JobHandlers<ContainerJobs> {
  return {
    packContainer: async (request, context) => {
      const base = await openBase(request.layers, layers);
      const container = await Container.open(diskStoreAt(request.directory), request.config, base);
      return packOn(nodeDisk)(container, request.destination, context);
    },
  };
}

async function openBase(
  stack: readonly (ReadableLayer | undefined)[],
  layers: OpenLayers,
): Promise<ContainerBase> {
  const view = createUnionView(await Promise.all(stack.map(indexOf)));
  return {
    view,
    read: (file, range, options) => {
      const [layer, index] = [stack[file.contentLayer], view.layers[file.contentLayer]];
      if (layer === undefined || index === undefined)
        throw new EngineError('not-found', file.path, 'its layer is not in the store');
      const content = fileContentIn(index, file);
      return layers.using(layer, (open) => readFileContent(open, content, range, options?.signal));
    },
  };
}

async function indexOf(layer: ReadableLayer | undefined): Promise<LayerIndex> {
  return layer === undefined ? damagedLayerIndex([]) : openLayerIndex(layer.indexFile);
}
