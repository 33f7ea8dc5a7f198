import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { basesOfBuilder } from '../../../../src/engine/builders/localImages/basesOfBuilder.ts';
import type { LocalImage } from '../../../../src/engine/builders/localImages/localImage.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';

const platform = { os: 'linux', architecture: 'amd64' };
const config = JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: [] } });
const other: LocalImage = { id: 'other', names: [], platform, diffIds: [], config: {}, builds: [] };

describe('bases as the builder finds them', () => {
  it('come from the builder', async () => {
    await using server = await startFakeBuildkit(({ method, send, end }) => {
      if (method.endsWith('/Solve')) return;
      send(message([2, config]));
      end();
    });
    using buildkit = new BuildkitControl(server.endpoint);
    const ask = basesOfBuilder(buildkit, 'local', () => assert.fail('nobody else is asked'));
    assert.deepEqual((await ask('base', platform, {}))?.names, ['docker.io/library/base:latest']);
  });

  it('come from elsewhere when it does not get them', async () => {
    await using server = await startFakeBuildkit(({ method, end }) => {
      if (!method.endsWith('/Solve')) end(2, 'pull access denied');
    });
    using buildkit = new BuildkitControl(server.endpoint);
    const ask = basesOfBuilder(buildkit, 'pull', () => Promise.resolve(other));
    assert.equal(await ask('base', platform, {}), other);
  });

  it('are not asked for elsewhere by one who has cancelled', async () => {
    await using server = await startFakeBuildkit(() => undefined);
    using buildkit = new BuildkitControl(server.endpoint);
    const ask = basesOfBuilder(buildkit, 'pull', () => assert.fail('nobody else is asked'));
    await assert.rejects(ask('base', platform, { signal: AbortSignal.abort() }), (error) =>
      isEngineError(error, 'cancelled'),
    );
  });
});
