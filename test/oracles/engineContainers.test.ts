// The files of containers of real engines: in every state, with and without programs in them.
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine, EngineConnection } from '../../src/engine/engineContract.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { orSkip } from '../machine/missing.mjs';
import { contractLayers, describeContainerFiles } from '../contracts/containerFilesContract.ts';
import type { BuiltImage } from '../support/buildImage.ts';
import { bareImage, busyboxImage } from '../support/containerImages.ts';
import { tempDir } from '../support/tempDir.ts';
import { dockerArchiveBytes } from '../support/writeDockerArchive.ts';
import { type RunningEngine, runningEngines } from './runningEngines.ts';

for (const [name, start] of Object.entries(runningEngines))
  describe(`Containers of ${name}`, function () {
    this.timeout(240_000);
    let running: RunningEngine;
    const opened: Engine[] = [];

    before(async function () {
      running = await orSkip(this, start);
      const connection = connect();
      await load(connection, await busyboxImage('docker.io/lamina/busy:1', contractLayers));
      await load(connection, bareImage('docker.io/lamina/bare:1', [{ 'etc/base': 'below' }, ...contractLayers]));
    });
    afterEach(async () => {
      for (const engine of opened.splice(0)) await engine[Symbol.asyncDispose]();
    });
    after(() => (running as RunningEngine | undefined)?.stop());

    function connect(directory = tempDir().path): EngineConnection {
      const engine = createEngine({ log: silentLogger, storeDirectory: directory });
      opened.push(engine);
      return engine.connectEngine({ kind: 'unix', path: running.socket });
    }

    const containers = {
      'that runs': { image: 'lamina/busy:1', runs: true, isImageHere: true },
      'that never ran': { image: 'lamina/busy:1', runs: false, isImageHere: true },
      'without a program': { image: 'lamina/bare:1', runs: false, isImageHere: false },
    };
    for (const [what, { image, runs, isImageHere }] of Object.entries(containers))
      describeContainerFiles(`of ${name}, ${what}`, {
        ...(!runs && { cannot: ['remove', 'rename'] }),
        copiedUp: isImageHere ? 'known' : 'unknown',
        newsOfOthers: 'root',
        open: async () => {
          const [own, other] = [connect(), connect()];
          const { id } = await own.client.createContainer({ Image: image, HostConfig: { NetworkMode: 'host' } });
          if (runs) await own.client.startContainer(id);
          const files = own.containerFiles(id);
          // Fetches the image's layers.
          if (isImageHere) await files.changes();
          return {
            files,
            others: other.containerFiles(id),
            layersBelow: 1,
            removeContainer: () => other.client.removeContainer(id, { force: true }),
            [Symbol.asyncDispose]: async () => {
              await other.client.removeContainer(id, { force: true }).catch(() => undefined);
            },
          };
        },
      });
  });

async function load({ client }: EngineConnection, image: BuiltImage): Promise<void> {
  await client.loadImages(
    (async function* () {
      yield await Promise.resolve(dockerArchiveBytes(image));
    })(),
  );
}
