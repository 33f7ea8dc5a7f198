import assert from 'node:assert/strict';
import type { StepFinding } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { withUnseenChanges } from '../../../../src/engine/builders/imageEvidence/unseenChanges.ts';
import { buildOf, imageOf, layersOf } from './seenImage.ts';

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

describe('Changes that a builder may not see', () => {
  it('are doubts of a build whose keys are known', async () => {
    const finding = await doubted('other\n');
    assert.equal(finding?.state, 'unknown');
    assert.equal(finding.reason.code, 'same-size-and-time');
  });

  it('are none that it is sure to see', async () => {
    assert.equal(await doubted('other than that\n'), undefined);
  });
});
