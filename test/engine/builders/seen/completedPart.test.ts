import assert from 'node:assert/strict';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { completedPart } from '../../../../src/engine/builders/seen/completedPart.ts';
import { withEarlierSeconds } from '../../../../src/engine/builders/seen/earlierSeconds.ts';
import { stepLayersOf } from '../../../../src/engine/builders/seen/stepLayers.ts';
import { planOf } from '../../../support/planOf.ts';

const digest = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;
const link = (record: number): { readonly record: number; readonly selector: string } => ({
  record,
  selector: '',
});

/** A base, a content, a COPY of it, and a RUN. */
const build: SeenBuild = {
  kind: 'lamina',
  records: [
    { key: digest('a'), inputs: [], certainty: 'exact' },
    { key: digest('b'), inputs: [], certainty: 'exact' },
    { key: digest('c'), inputs: [[link(0)], [link(1)]], certainty: 'exact' },
    { key: digest('d'), inputs: [[link(2)]], certainty: 'exact' },
    { key: digest('e'), inputs: [[link(0)]], certainty: 'exact' },
  ],
  steps: [
    { stage: '', row: '[2/4] COPY a b', text: 'COPY a b', record: 2 },
    { stage: '', row: '[3/4] RUN x', text: 'RUN x', record: 3, layer: { position: 2 } },
    { stage: 's', row: '[s 2/2] RUN y', text: 'RUN y', record: 4 },
  ],
};

describe('What of a build was made', () => {
  it('is the records of its steps, and those that they need', () => {
    const part = completedPart(build, ({ text }) => text === 'COPY a b');
    assert.deepEqual(
      part.records.map(({ key }) => key[7]),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(
      part.steps.map(({ record, layer }) => [record, layer]),
      [
        [2, undefined],
        [undefined, undefined],
        [undefined, undefined],
      ],
    );
  });

  it('is moved together where records before it go', () => {
    const part = completedPart(build, ({ stage }) => stage === 's');
    assert.deepEqual(part.records, [
      { key: digest('a'), inputs: [], certainty: 'exact' },
      { key: digest('e'), inputs: [[link(0)]], certainty: 'exact' },
    ]);
    assert.equal(part.steps[2]?.record, 1);
  });

  it('is all of one that did not fail', () => {
    assert.deepEqual(
      completedPart(build, () => true),
      build,
    );
  });
});

describe('Seconds of steps that were found', () => {
  it('are those of when they were made, in the newest build', () => {
    const timed = (seconds: number | undefined): SeenBuild => ({
      ...build,
      steps: build.steps.map((step) => ({ ...step, ...(seconds !== undefined && { seconds }) })),
    });
    const [step] = withEarlierSeconds(timed(undefined), [timed(undefined), timed(3), timed(2)]).steps;
    assert.equal(step?.seconds, 3);
    assert.equal(withEarlierSeconds(timed(1), [timed(3)]).steps[0]?.seconds, 1);
  });
});

describe('Layers of steps', () => {
  const plan = planOf('FROM base AS a\nWORKDIR /\nRUN one\nENV A=b\nFROM a\nCOPY x y\nWORKDIR /w\n');
  const diffIds = ['1', '2', '3', '4'].map((each) => digest(each));
  const image = {
    id: 'sha256:i',
    names: ['app:latest'],
    platform: { os: 'linux', architecture: 'amd64' },
    config: {},
    builds: [],
  };
  const row = (
    createdBy: string,
    sizeBytes: number,
  ): Parameters<typeof stepLayersOf>[0]['history'][number] => ({
    ...{ id: '', createdSeconds: 5, createdBy, sizeBytes, tags: [] },
    comment: 'buildkit.dockerfile.v0',
  });
  const history = [
    ...[
      row('WORKDIR /w', 3),
      row('COPY x y # buildkit', 2),
      row('ENV A=b', 0),
      row('RUN /bin/sh -c one # buildkit', 1),
    ],
    ...[row('WORKDIR /', 0), row('RUN base', 9)],
  ];

  it('are the last ones of the image, with the stages that it begins with', () => {
    const layers = stepLayersOf({ image: { ...image, diffIds: diffIds as never }, history }, plan);
    assert.deepEqual(
      [...layers].map(([{ instruction }, { diffId, size, created, position }]) => [
        ...[instruction.original, diffId?.[7], size, created, position],
      ]),
      [
        ['RUN one', '2', 1, 5000, 1],
        ['COPY x y', '3', 2, 5000, 2],
        ['WORKDIR /w', '4', 3, 5000, 3],
      ],
    );
  });

  it('are none where the image has fewer', () => {
    assert.equal(
      stepLayersOf({ image: { ...image, diffIds: diffIds.slice(2) as never }, history }, plan).size,
      0,
    );
  });
});
