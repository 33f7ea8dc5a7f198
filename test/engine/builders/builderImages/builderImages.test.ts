import assert from 'node:assert/strict';
import type { BuilderImage } from '../../../../src/engine/build/classic/builderImage.ts';
import { BuilderImages } from '../../../../src/engine/builders/builderImages/builderImages.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { createEngineClient } from '../../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { startFakeEngine } from '../../../support/fakeEngine.ts';

const [base = '', made = '', layer] = ['base', 'made', 'layer'].map(sha256);

const classic: Readonly<Record<string, unknown>> = {
  '/v1.44/images/json?all=1': [
    { Id: made, RepoTags: ['app:1', '<none>:<none>'], Size: 107 },
    { Id: base, RepoTags: null, Size: 100 },
    { Id: sha256('gone'), RepoTags: [], Size: 1 },
  ],
  [`/v1.44/images/${made}/json`]: {
    Id: made,
    Parent: base,
    Created: '2026-11-30T08:58:04.921061376Z',
    ContainerConfig: { Cmd: ['/bin/sh', '-c', '#(nop) ', 'LABEL q=r'] },
    Config: { Labels: { q: 'r' } },
    RootFS: { Layers: [layer] },
  },
  [`/v1.44/images/${made}/history`]: [
    { CreatedBy: '/bin/sh -c #(nop)  LABEL q=r', Created: 1_796_029_084, Size: 0 },
    { CreatedBy: '', Created: 1_796_029_000, Size: 100, Comment: 'Imported from -' },
  ],
  [`/v1.44/images/${base}/json`]: { Id: base, Created: 'never', Config: null, RootFS: {} },
  [`/v1.44/images/${base}/history`]: [],
};

async function read(
  answers: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
  times = 1,
): Promise<{ readonly images: readonly BuilderImage[]; readonly requests: readonly string[] }> {
  await using server = await startFakeEngine(
    ({ url = '' }, response) => {
      const path = url.replace('/v1.56/info', '/info');
      const answer = path === '/info' ? { OSType: 'linux' } : answers[url];
      response
        .writeHead(answer === undefined ? 404 : 200)
        .end(JSON.stringify(answer ?? { message: 'No such image: x' }));
    },
    { headers },
  );
  using client = createEngineClient(server.endpoint);
  using buildkit = new BuildkitControl(server.endpoint);
  using images = new BuilderImages(client, buildkit);
  let found: readonly BuilderImage[] = [];
  for (let time = 0; time < times; time++) found = await images.read();
  return { images: found, requests: [...server.requests] };
}

describe("an engine's images, as old builders look at them", () => {
  it('are asked for in a version that still tells how they were made', async () => {
    const { images } = await read(classic);
    assert.equal(images.length, 2, 'one is gone meanwhile');
    const [app, other] = images;
    assert.deepEqual([app?.names, app?.parent, app?.sizeBytes], [['docker.io/library/app:1'], base, 7]);
    assert.equal(app?.created, Date.UTC(2026, 10, 30, 8, 58, 4) + 921.061376);
    assert.deepEqual(app.containerConfig?.cmd, ['/bin/sh', '-c', '#(nop) ', 'LABEL q=r']);
    assert.deepEqual(app.config.labels, new Map([['q', 'r']]));
    assert.deepEqual(
      app.history.map(({ createdBy, isEmpty }) => [createdBy, isEmpty]),
      [
        ['', false],
        ['/bin/sh -c #(nop)  LABEL q=r', true],
      ],
    );
    assert.deepEqual([other?.created, other?.containerConfig, other?.sizeBytes], [0, undefined, undefined]);
  });

  it('are read once, all but their names', async () => {
    const { requests } = await read(classic, {}, 3);
    assert.equal(requests.filter((each) => each.endsWith(`${made}/json`)).length, 1);
    assert.equal(requests.filter((each) => each.includes('images/json')).length, 3);
  });

  it('come by its own API from Podman', async () => {
    const hex = made.slice(7);
    const { images } = await read(
      {
        '/v4.3.1/libpod/images/json?all=true': [{ Id: hex, RepoTags: ['localhost/app:1'] }],
        [`/v4.3.1/libpod/images/${hex}/json`]: {
          Id: hex,
          Parent: base.slice(7),
          Created: '2026-11-30T08:59:02Z',
          RootFS: { Layers: [layer] },
          ManifestType: 'application/vnd.oci.image.manifest.v1+json',
          History: [
            { created: '2026-11-30T08:59:01.5Z', created_by: 'RUN x', comment: 'FROM y', empty_layer: true },
          ],
        },
      },
      { 'Libpod-Api-Version': '4.3.1' },
    );
    assert.equal(images.length, 1);
    const [image] = images;
    assert.deepEqual([image?.id, image?.parent, image?.form], [made, base, 'oci']);
    assert.deepEqual(image?.history, [
      { createdBy: 'RUN x', created: '2026-11-30T08:59:01.5Z', comment: 'FROM y', isEmpty: true },
    ]);
  });
});
