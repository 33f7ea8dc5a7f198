import { buildImage } from '../support/buildImage.ts';
import { type ContentRegistry, startContentRegistry } from '../support/contentRegistry.ts';
import { watchClient } from '../support/registryClients.ts';
import { describeRegistryReads, type ReadableRepository } from './registryReadsContract.ts';

describe('reads of the registry in this process', () => {
  const image = buildImage([{ big: Buffer.from(Array.from({ length: 50_000 }, (_, at) => at * 7)) }], {
    names: ['docker.io/library/app:1'],
  });
  let registry: ContentRegistry;
  let repository: ReadableRepository;
  before(async () => {
    registry = await startContentRegistry([image]);
    const { client } = watchClient({ domain: registry.host });
    repository = { client, path: 'app', tag: '1', image };
  });
  after(async () => {
    repository.client.close();
    await registry.stop();
  });

  describeRegistryReads(() => repository);
});
