import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { ProtobufMessage } from '../../../../src/engine/sources/grpc/protobufMessage.ts';
import { type FakeCall, message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';

const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
const name = 'docker.io/library/app:1';
const digest = sha256('app');

describe('the config of an image', () => {
  it('is asked for in a job that is kept nowhere, and is cancelled', async () => {
    let job: FakeCall | undefined;
    let ended: Promise<unknown> | undefined;
    let asked = 0;
    await using server = await startFakeBuildkit((call) => {
      if (call.method.endsWith('/Solve')) {
        job = call;
        ended = once(call.stream, 'close');
        return;
      }
      asked += 1;
      // The job is not there yet when it is first asked for.
      if (asked === 1) {
        call.end(2, 'no such job');
        return;
      }
      assert.equal(call.headers['buildkit-controlapi-buildid'], job?.request.text(1));
      const wanted = ProtobufMessage.parse(call.request.bytes(2), 'platform');
      assert.deepEqual(
        [1, 2, 3].map((field) => wanted.text(field)),
        ['arm', 'linux', 'v7'],
      );
      assert.deepEqual([call.request.text(1), call.request.text(3)], [name, 'local']);
      call.send(message([1, digest], [2, '{"os":"linux"}']));
      call.end();
    });
    using control = new BuildkitControl(server.endpoint);
    const found = await control.imageConfig({ name, platform, mode: 'local' });
    assert.deepEqual(found, { digest, config: '{"os":"linux"}' });
    assert.equal(job?.request.isTrue(11), true);
    await ended;
    assert.ok(!server.calls.includes('LLBBridge/Return'));
  });

  it('fails as the job fails', async () => {
    await using server = await startFakeBuildkit((call) => {
      if (call.method.endsWith('/Solve')) call.end(12, 'unknown method');
    });
    using control = new BuildkitControl(server.endpoint);
    await assert.rejects(control.imageConfig({ name, platform, mode: 'pull' }), (error) =>
      isEngineError(error, 'unsupported'),
    );
  });

  it('fails as the question fails', async () => {
    await using server = await startFakeBuildkit((call) => {
      if (!call.method.endsWith('/Solve')) call.end(5, 'not found');
    });
    using control = new BuildkitControl(server.endpoint);
    await assert.rejects(control.imageConfig({ name, platform, mode: 'pull' }), (error) =>
      isEngineError(error, 'not-found'),
    );
  });
});
