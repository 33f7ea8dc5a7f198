import assert from 'node:assert/strict';
import type { StepFinding } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { withUnseenChanges } from '../../../../src/engine/builders/imageEvidence/unseenChanges.ts';
import { settledTimes } from '../../../support/settledTimes.ts';
import { buildOf, imageOf, layersOf, written } from './seenImage.ts';

/** What is doubted of a COPY whose key says that it copied something else. */
async function doubted(now: string): Promise<StepFinding | undefined> {
  const { build, built } = buildOf({
    dockerfile: 'FROM base\nCOPY a.txt /\n',
    context: { 'a.txt': now },
    history: [['COPY a.txt / # buildkit', { 'a.txt': 'hello\n' }]],
  });
  const keyed = keyBuild(build, keyFormatOf('v0.33.0'));
  const operation = keyed.vertices.find(({ kind }) => kind === 'copy')?.operation;
  assert.ok(operation !== undefined);
  const image = imageOf(built);
  const [, layer] = image.layers;
  const diffId = layer?.diffId === undefined ? {} : { diffId: layer.diffId };
  const records = [
    { key: outputKey('sha256:content', -1), inputs: [], certainty: 'exact' },
    {
      key: outputKey(operation.digest, 0),
      inputs: [[{ record: 0, selector: '' }]],
      layer: diffId,
      certainty: 'exact',
    },
  ] as const;
  const seen = { kind: 'inline-cache', records, steps: [] } as const;
  const told = await withUnseenChanges({ build, keyed, seen, image, layers: layersOf(built) });
  return told.steps[0]?.finding;
}

/** What is doubted of a RUN with a mount whose file is another than then. Contexts have old times. */
async function doubtedMount(builtAt: number): Promise<StepFinding | undefined> {
  const { build, built } = buildOf({
    dockerfile: 'FROM base\nRUN --mount=type=bind,source=a.txt,target=/m cat /m\n',
    context: { 'a.txt': 'other\n' },
    history: [['RUN /bin/sh -c cat /m # buildkit', {}]],
  });
  await settledTimes();
  const keyed = keyBuild(build, keyFormatOf('v0.33.0'));
  const operation = keyed.vertices.find(({ kind }) => kind === 'run')?.operation;
  assert.ok(operation !== undefined);
  const records = [{ key: outputKey(operation.digest, 0), inputs: [], certainty: 'exact' }] as const;
  const seen = { kind: 'inline-cache', records, steps: [], builtAt } as const;
  const layers = layersOf(built);
  const told = await withUnseenChanges({ build, keyed, seen, image: imageOf(built), layers });
  return told.steps[0]?.finding;
}

describe('Changes that a builder may not see', () => {
  it('are doubts of a build whose keys are known', async () => {
    const finding = await doubted('other\n');
    assert.equal(finding?.state, 'unknown');
    assert.equal(finding.reason.code, 'same-size-and-time');
  });

  it('are none that it is sure to see', async () => {
    assert.equal(await doubted('other than that\n'), undefined);
  });

  it('are told by the times of files where no layer shows what was read', async () => {
    const finding = await doubtedMount((written + 1) * 1000);
    assert.equal(finding?.reason.code, 'same-size-and-time');
    assert.deepEqual(
      finding.reason.paths?.map(({ path }) => path),
      ['a.txt'],
    );
    assert.equal(await doubtedMount(Date.now() + 60_000), undefined);
  });
});
