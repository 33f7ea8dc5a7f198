import assert from 'node:assert/strict';
import type { BuilderIdentity } from '../../../../src/engine/build/builder.ts';
import type { CacheReport, StepLayer, StepStatus } from '../../../../src/engine/build/cache/cacheReport.ts';
import { LayerSizes } from '../../../../src/engine/builders/localImages/layerSizes.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { createEngineClient } from '../../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { startFakeEngine } from '../../../support/fakeEngine.ts';

const id = sha256('app');
const answers: Readonly<Record<string, unknown>> = {
  '/v1.56/images/app:1/json': {
    Id: id,
    RootFS: { Layers: [sha256('base'), sha256('empty'), sha256('copy')] },
  },
  [`/v1.56/images/${id}/history`]: [
    { Id: id, CreatedBy: 'CMD ["x"]', Size: 0 },
    { CreatedBy: 'COPY a /a # buildkit', Size: 7 },
    { CreatedBy: 'RUN true # buildkit', Size: 0 },
    { CreatedBy: 'ENV A=b', Size: 0 },
    { CreatedBy: 'ADD base', Size: 100 },
  ],
};

function reportOf(...layers: readonly StepLayer[]): CacheReport {
  const builder: BuilderIdentity = { id: 'b', kind: 'buildkit', client: 'buildx', name: 'BuildKit' };
  const place = { startLine: 0, startColumn: 0, endLine: 0, endColumn: 0 };
  const steps = layers.map((layer, instruction) => ({ instruction, layer, place }) as unknown as StepStatus);
  return { builder, command: '', steps, triggers: [], problems: [], evidence: [] };
}

describe('the sizes of layers', () => {
  it('are those of the history, by the place in the image', async () => {
    await using server = await startFakeEngine(({ url = '' }, response) => {
      const answer = answers[url];
      response
        .writeHead(answer === undefined ? 404 : 200)
        .end(JSON.stringify(answer ?? { message: 'no such image' }));
    });
    using client = createEngineClient(server.endpoint);
    const sizes = new LayerSizes(client);
    const report = reportOf(
      { image: 'app:1', position: 1 },
      { image: 'app:1', position: 2 },
      { image: 'app:1', position: 2, size: 5 },
      { image: 'app:1', position: 9 },
      { image: 'gone', position: 0 },
      { created: 1 },
    );
    const complete = await sizes.complete(report);
    assert.deepEqual(
      complete.steps.map(({ layer }) => layer?.size),
      [0, 7, 5, undefined, undefined, undefined],
    );
    await sizes.complete(report);
    const histories = server.requests.filter((request) => request.includes('/history'));
    assert.equal(histories.length, 1);
  });
});
