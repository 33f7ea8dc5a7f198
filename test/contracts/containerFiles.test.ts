import { silentLogger } from '../../src/engine/base/log.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engineContract.ts';
import { buildImage } from '../support/buildImage.ts';
import { storeWith } from '../support/storeFixture.ts';
import { contractLayers, describeContainerFiles } from './containerFilesContract.ts';

const image = buildImage([{ 'etc/base': 'below' }, ...contractLayers], {
  names: ['docker.io/library/contract:latest'],
  compression: 'gzip',
});

describe('Containers of the store keep the contract', () => {
  let directory: string;

  before(async () => {
    directory = (await storeWith(image)).places.directory;
  });

  describeContainerFiles('of the store', {
    refusesWhiteouts: true,
    open: async () => {
      const [engine, other] = [opened(directory), opened(directory)];
      const { id } = await engine.containers.create({ manifest: image.manifestDigest });
      return {
        files: await engine.containers.open(id),
        others: await other.containers.open(id),
        layersBelow: 1,
        removeContainer: () => other.containers.remove(id),
        [Symbol.asyncDispose]: async () => {
          await engine[Symbol.asyncDispose]();
          await other[Symbol.asyncDispose]();
        },
      };
    },
  });
});

function opened(storeDirectory: string): Engine {
  return createEngine({ log: silentLogger, storeDirectory });
}
