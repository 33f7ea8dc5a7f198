import assert from 'node:assert/strict';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { confirmContents } from '../../../../src/engine/builders/imageEvidence/confirmContents.ts';
import type {
  ContentGap,
  HistoryBuild,
} from '../../../../src/engine/builders/historyRecords/historyBuild.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { buildOf, type ContextLiteral, imageOf, layersOf } from './seenImage.ts';

const dockerfile = 'FROM base\nCOPY a.txt /\nRUN x\n';

/** A record of this Dockerfile's build as the history has it, confirmed by an image and the context as it is now. */
async function confirm(context: ContextLiteral, hasImage = true, isOnSame = true): Promise<SeenBuild> {
  const { build, built } = buildOf({
    dockerfile,
    context,
    ...(!isOnSame && { baseNow: buildImage([{ other: '' }]) }),
    history: [
      ['COPY a.txt / # buildkit', { 'a.txt': 'hello\n' }],
      ['RUN /bin/sh -c x # buildkit', {}],
    ],
  });
  const keyed = keyBuild(build, keyFormatOf('v0.33.0'));
  const image = imageOf(built);
  const history = historyOf(keyed.vertices, image.layers[1]?.diffId, isOnSame);
  const findMade = () => Promise.resolve({ layers: layersOf(built), position: 1 });
  return confirmContents({ build, keyed, history, ...(hasImage && { findMade }) });
}

type Vertices = ReturnType<typeof keyBuild>['vertices'];

function historyOf(
  vertices: Vertices,
  diffId: NonNullable<ContentGap['layer']>['diffId'],
  hasBase: boolean,
): HistoryBuild {
  const keyOf = (kind: string): ReturnType<typeof outputKey> => {
    const operation = vertices.find((vertex) => vertex.kind === kind)?.operation;
    assert.ok(operation !== undefined);
    return outputKey(operation.digest, 0);
  };
  const image = vertices.find((vertex) => vertex.kind === 'image')?.image;
  const layer = diffId === undefined ? {} : { diffId };
  const records = [
    {
      key: outputKey((hasBase ? image?.byManifest : undefined) ?? 'sha256:', 0),
      inputs: [],
      certainty: 'exact',
    },
    { key: keyOf('copy'), inputs: [[{ record: 0, selector: '' }], []], layer, certainty: 'exact' },
    { key: keyOf('run'), inputs: [[{ record: 1, selector: '' }]], certainty: 'exact' },
  ] as const;
  const steps = [
    { stage: '', text: 'COPY a.txt /', record: 1 },
    { stage: '', text: 'RUN x', record: 2 },
  ];
  const gaps = [{ record: 1, input: 1, step: 0, origin: 'context', sources: [], layer }] as const;
  return { seen: { kind: 'history-record', records, steps }, gaps, attributes: new Map(), images: [] };
}

describe("The contents that a build's record leaves out", () => {
  it('are linked where its layers have what would be copied now', async () => {
    const { records, steps } = await confirm({ 'a.txt': 'hello\n' });
    assert.deepEqual(records[1]?.inputs, [[{ record: 0, selector: '' }], [{ record: 3, selector: '' }]]);
    assert.equal(records.length, 4);
    assert.deepEqual(
      steps.map(({ finding }) => finding),
      [undefined, undefined],
    );
  });

  it('are told where they are others', async () => {
    const { records, steps } = await confirm({ 'a.txt': 'hello, you\n' });
    assert.equal(records[1]?.inputs[1]?.length, 1);
    assert.equal(steps[0]?.finding?.state, 'rebuild');
    assert.deepEqual(steps[0].finding.reason.paths, [{ path: 'a.txt', change: 'content' }]);
  });

  it('stay open where no layer shows them', async () => {
    const { records, steps } = await confirm({ 'a.txt': 'hello\n' }, false);
    assert.deepEqual(records[1]?.inputs[1], []);
    assert.equal(steps[0]?.finding?.state, 'unknown');
  });

  it('are not asked for where what it is copied onto was another', async () => {
    const { records, steps } = await confirm({ 'a.txt': 'hello\n' }, true, false);
    assert.deepEqual(records[1]?.inputs[1], []);
    assert.equal(steps[0]?.finding, undefined);
  });
});
