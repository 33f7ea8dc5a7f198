import assert from 'node:assert/strict';
import { isEngineError, type FailureCode } from '../../../../src/engine/base/errors.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { instant, message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { answerFrom, encodeRecord, keptBuild } from '../../../support/keptBuild.ts';

const info = 'moby.buildkit.v1.Control/Info';
const workers = 'moby.buildkit.v1.Control/ListWorkers';

function failsWith(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}

describe('the control of a BuildKit', () => {
  it('tells versions', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      send(message([1, message([1, 'github.com/moby/buildkit'], [2, 'v0.33.0'], [4, '1.27.0'])]));
      end();
    });
    using control = new BuildkitControl(server.endpoint);
    assert.deepEqual(await control.versions(), { buildkit: 'v0.33.0', frontend: '1.27.0' });
  });

  it('tells no versions of one that is too old to say, and refuses what is none', async () => {
    await using old = await startFakeBuildkit(
      ({ send, end }) => {
        send(message([1, message([1, 'worker'])]));
        end();
      },
      'upgrade',
      [info],
    );
    using control = new BuildkitControl(old.endpoint);
    assert.equal(await control.versions(), undefined);
    await using other = await startFakeBuildkit(() => undefined, 'straight', [info, workers]);
    using none = new BuildkitControl(other.endpoint);
    await assert.rejects(none.versions(), failsWith('unsupported'));
  });

  it('tells its workers', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      const platforms = [message([1, 'arm'], [2, 'linux'], [3, 'v7']), message([1, 'amd64'], [2, 'linux'])];
      const labels = message([1, 'name'], [2, 'value']);
      const worker = message([1, 'first'], [2, labels], ...platforms.map((each) => [3, each] as const));
      send(message([1, worker], [1, message([1, 'second'])]));
      end();
    });
    using control = new BuildkitControl(server.endpoint);
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
    assert.deepEqual(await control.workers(), [{ id: 'first', platform }, { id: 'second' }]);
  });

  it('gives what the history keeps, the newest first, without what was deleted', async () => {
    const { record } = keptBuild();
    const [first, second] = [
      { ...record, ref: 'first', createdAt: 1000 },
      { ...record, ref: 'second', createdAt: 2000 },
    ];
    await using server = await startFakeBuildkit(({ request, send, end }) => {
      assert.deepEqual([request.text(2), request.isTrue(3), request.integer(5)], ['', true, 2]);
      for (const each of [first, second]) send(message([1, 1], [2, encodeRecord(each)]));
      send(message([1, 2], [2, message([1, 'gone'])]));
      end();
    });
    using control = new BuildkitControl(server.endpoint);
    const records = await control.history({ limit: 2 });
    assert.deepEqual(
      records.map(({ ref }) => ref),
      ['second', 'first'],
    );
    assert.deepEqual(records[0]?.attributes, new Map(record.attributes));
    assert.deepEqual(records[0].images, record.images);
    assert.deepEqual(records[0].attestations, record.attestations);
  });

  it('has no history where there is none', async () => {
    const listen = 'moby.buildkit.v1.Control/ListenBuildHistory';
    await using server = await startFakeBuildkit(() => undefined, 'straight', [listen]);
    using control = new BuildkitControl(server.endpoint);
    assert.deepEqual(await control.history({}), []);
  });

  it('lists records, with one parent as old versions told it, or several', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      const old = message([1, 'b'], [4, 5], [5, 'a'], [9, 'fileop target'], [10, 'regular']);
      const recent = message([1, 'c'], [4, 7], [9, '[2/2] COPY'], [10, 'regular'], [12, 'a'], [12, 'b']);
      send(message([1, old], [1, recent]));
      end();
    });
    using control = new BuildkitControl(server.endpoint);
    assert.deepEqual(await control.diskUsage(), [
      { id: 'b', parents: ['a'], description: 'fileop target', type: 'regular', sizeBytes: 5 },
      { id: 'c', parents: ['a', 'b'], description: '[2/2] COPY', type: 'regular', sizeBytes: 7 },
    ]);
  });

  it('reads content, and nothing but what was asked for', async () => {
    const build = keptBuild();
    const wrong = digestOf(Buffer.from('something'));
    await using server = await startFakeBuildkit(
      answerFrom({ ...build, content: { ...build.content, [wrong]: 'something else' } }),
    );
    using control = new BuildkitControl(server.endpoint);
    const [digest = '', text] = Object.entries(build.content)[0] ?? [];
    const bytes = await control.readContent(digest as typeof wrong, 10 ** 6);
    assert.equal(bytes.toString(), text);
    await assert.rejects(control.readContent(digest as typeof wrong, 1000), failsWith('limit-exceeded'));
    await assert.rejects(control.readContent(wrong, 1000), failsWith('digest-mismatch'));
    const absent = digestOf(Buffer.from('absent'));
    await assert.rejects(control.readContent(absent, 1000), failsWith('not-found'));
  });

  it('replays the events of a build', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      const vertex = message([1, 'sha256:1'], [2, 'sha256:0'], [3, '[2/2] RUN make'], [4, true]);
      const log = message([1, 'sha256:1'], [2, instant(1000)], [3, 1], [4, 'output']);
      send(message([1, vertex], [3, log]));
      end();
    });
    using control = new BuildkitControl(server.endpoint);
    const statuses = [];
    for await (const status of control.status('ref')) statuses.push(status);
    assert.deepEqual(statuses, [
      {
        vertices: [
          { digest: 'sha256:1', inputs: ['sha256:0'], name: '[2/2] RUN make', isCached: true, failure: '' },
        ],
        logs: [{ vertex: 'sha256:1', text: 'output' }],
      },
    ]);
  });
});
