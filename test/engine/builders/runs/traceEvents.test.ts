import assert from 'node:assert/strict';
import { readApiLine } from '../../../../src/engine/builders/runs/traceEvents.ts';
import { instant, message } from '../../../support/fakeBuildkit.ts';

function traced(bytes: Uint8Array): object {
  return { id: 'moby.buildkit.trace', aux: Buffer.from(bytes).toString('base64') };
}

describe('a line of a build through the API', () => {
  it('tells of vertices and what they print', () => {
    const started = message([1, 'sha256:1'], [2, 'sha256:0'], [3, '[2/2] RUN make'], [5, instant(2000)]);
    const found = message([1, 'sha256:2'], [3, '[1/2] FROM x'], [4, true], [7, 'failed']);
    const log = message([1, 'sha256:1'], [3, 1], [4, 'output\n']);
    assert.deepEqual(readApiLine(traced(message([1, started], [1, found], [3, log]))).events, [
      { kind: 'vertex', id: 'sha256:1', name: '[2/2] RUN make', hasInputs: true, started: 2000 },
      {
        kind: 'vertex',
        id: 'sha256:2',
        name: '[1/2] FROM x',
        hasInputs: false,
        isCached: true,
        failure: 'failed',
      },
      { kind: 'log', vertex: 'sha256:1', text: 'output\n' },
    ]);
  });

  it('tells nothing when it is damaged', () => {
    assert.deepEqual(readApiLine(traced(Buffer.from([0x0a, 0xff]))), { events: [] });
    assert.deepEqual(readApiLine('no object'), { events: [] });
  });

  it('tells the image, the failure and what the classic builder prints', () => {
    assert.equal(readApiLine({ id: 'moby.image.id', aux: { ID: 'sha256:1' } }).image, 'sha256:1');
    assert.equal(readApiLine({ error: 'no such file' }).failure, 'no such file');
    assert.equal(readApiLine({ stream: 'Step 1/2' }).stream, 'Step 1/2');
  });
});
