import assert from 'node:assert/strict';
import { readBuilderList } from '../../../../src/engine/builders/builderList/readBuilderList.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import type { ListedRecord } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { createEngineClient } from '../../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { startFakeEngine } from '../../../support/fakeEngine.ts';

const record = { ID: 'b', Type: 'regular', Description: '[2/2] COPY a /a', Size: 7 };
const listed = { id: 'b', parents: ['a'], description: '[2/2] COPY a /a', type: 'regular', sizeBytes: 7 };

async function read(answer: object): Promise<readonly ListedRecord[]> {
  await using engine = await startFakeEngine(({ url = '' }, response) => {
    response.end(JSON.stringify(url.includes('/system/df?type=build-cache') ? answer : {}));
  });
  using client = createEngineClient(engine.endpoint);
  using buildkit = new BuildkitControl({ kind: 'unix', path: '/nowhere' });
  return await readBuilderList(client, buildkit);
}

describe("the builder's list", () => {
  for (const [what, answer] of [
    ['of 1.42', { BuildCache: [{ ...record, Parents: ['a'] }] }],
    ['with the key that has a blank', { BuildCache: [{ ...record, ' Parents': ['a'] }] }],
    ['of 1.52', { BuildCacheUsage: { Items: [{ ...record, ' Parents': ['a'] }], TotalCount: 1 } }],
    ['with one parent', { BuildCache: [{ ...record, Parent: 'a' }] }],
  ] as const)
    it(`is read in the form ${what}`, async () => {
      assert.deepEqual(await read(answer), [listed]);
    });

  it('may be empty', async () => {
    for (const answer of [{ BuildCache: null }, { BuildCacheUsage: {} }, {}])
      assert.deepEqual(await read(answer), []);
  });

  it('is asked of BuildKit itself where an engine would add up everything else for it', async () => {
    await using engine = await startFakeEngine((_request, response) => response.end('{}'), {
      apiVersion: '1.41',
    });
    await using server = await startFakeBuildkit(({ send, end }) => {
      send(message([1, message([1, 'b'], [4, 7], [5, 'a'], [9, '[2/2] COPY a /a'], [10, 'regular'])]));
      end();
    }, 'upgrade');
    using client = createEngineClient(engine.endpoint);
    using buildkit = new BuildkitControl(server.endpoint);
    assert.deepEqual(await readBuilderList(client, buildkit), [listed]);
    assert.ok(!engine.requests.some((request) => request.includes('/system/df')));
    assert.deepEqual(await readBuilderList(undefined, buildkit), [listed]);
  });
});
