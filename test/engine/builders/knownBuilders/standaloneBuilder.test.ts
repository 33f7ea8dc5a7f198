import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { standaloneBuilder } from '../../../../src/engine/builders/knownBuilders/standaloneBuilder.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';

const info = 'moby.buildkit.v1.Control/Info';
const workers = 'moby.buildkit.v1.Control/ListWorkers';

describe('a BuildKit that stands alone', () => {
  it('is named by its version, and known by its worker', async () => {
    await using server = await startFakeBuildkit(({ method, send, end }) => {
      const version = message([1, message([2, 'v0.33.0'], [4, '1.27.0'])]);
      send(method === info ? version : message([1, message([1, 'worker'])]));
      end();
    });
    using buildkit = new BuildkitControl(server.endpoint);
    const { identity, endpoint, program } = await standaloneBuilder(buildkit, '/bin/buildctl');
    assert.deepEqual([endpoint, program], [server.endpoint, '/bin/buildctl']);
    assert.match(identity.id, /^buildkit-[0-9a-f]{16}#buildctl$/);
    assert.deepEqual(
      [identity.name, identity.version, identity.frontendVersion, identity.engineVersion],
      ['BuildKit 0.33', 'v0.33.0', '1.27.0', undefined],
    );
  });

  it('may be too old to say its version', async () => {
    const old = startFakeBuildkit(
      ({ send, end }) => {
        send(message([1, message([1, 'worker'])]));
        end();
      },
      'straight',
      [info],
    );
    await using server = await old;
    using buildkit = new BuildkitControl(server.endpoint);
    const { identity } = await standaloneBuilder(buildkit, undefined);
    assert.deepEqual([identity.name, identity.version], ['BuildKit', undefined]);
  });

  it('is not what does not know its calls', async () => {
    await using server = await startFakeBuildkit(() => undefined, 'straight', [info, workers]);
    using buildkit = new BuildkitControl(server.endpoint);
    await assert.rejects(standaloneBuilder(buildkit, undefined), (error) =>
      isEngineError(error, 'unsupported'),
    );
  });
});
