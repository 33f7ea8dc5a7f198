import assert from 'node:assert/strict';
import { BuilderList, rowsOfResult } from '../../../../src/engine/build/cache/builderList.ts';
import type { ListedRecord } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import type { Sha256 } from '../../../../src/engine/build/sha256.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import { planOf } from '../../../support/planOf.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const text = 'FROM base\nCOPY a /a\nRUN make  it\nCOPY --link b /b\nWORKDIR /w\n';

/** As Docker Engine 29 lists it. */
const listed: readonly ListedRecord[] = [
  record('base', [], 'pulled from docker.io/library/base:latest@sha256:00'),
  record('copy', ['base'], '[1/3] COPY a /a'),
  record('run', ['copy'], 'mount / from exec /bin/sh -c make  it'),
  record('part', [], '[build 4/9] COPY --link b /b'),
  record('link', ['run', 'part'], '[build 4/9] LINK COPY --link b /b'),
  record('folder', ['link'], '[build 5/9] WORKDIR /w'),
];

describe("A builder's list", () => {
  it('has what was made, by its text on what is above it', () => {
    assert.deepEqual(presences(listed), ['listed', 'listed', 'listed', 'listed', 'listed']);
  });

  it('does not have what stands on something else', () => {
    const moved = listed.map((each) => (each.id === 'run' ? { ...each, parents: ['folder'] } : each));
    assert.deepEqual(presences(moved), ['listed', 'absent', 'listed', 'listed', 'listed']);
    const elsewhere = listed.map((each) =>
      each.id === 'base' ? { ...each, description: 'pulled from docker.io/library/other:1@sha256:00' } : each,
    );
    assert.deepEqual(presences(elsewhere).slice(0, 2), ['alike', 'alike']);
  });

  it('may have what is called otherwise, but no command that is another', () => {
    const renamed = listed.map((each) =>
      each.id === 'copy' ? { ...each, description: '[1/3] COPY b /a' } : each,
    );
    assert.deepEqual(presences(renamed).slice(0, 2), ['alike', 'alike']);
    assert.deepEqual(presences(renamed, ['[1/3] COPY b /a']).slice(0, 2), ['listed', 'listed']);
    const other = listed.map((each) =>
      each.id === 'run' ? { ...each, description: 'mount / from exec /bin/sh -c make it' } : each,
    );
    assert.equal(presences(other)[1], 'absent');
  });

  it('is asked by the rows of builds that were seen, however these tell them', () => {
    const step = { stage: '', text: 'COPY ./a /a', record: 0 };
    const made = { key: digest as Sha256, inputs: [], certainty: 'exact' } as const;
    const of = (row: string | undefined): readonly string[] => {
      const build = {
        kind: 'history-record',
        records: [made],
        steps: [{ ...step, ...(row !== undefined && { row }) }],
      } as const;
      return rowsOfResult({ id: 0, key: made.key, inputs: [], records: [{ build, record: made }] });
    };
    assert.deepEqual(of('1/3'), ['[1/3] COPY ./a /a']);
    assert.deepEqual(of('[1/3] COPY  ./a /a'), ['[1/3] COPY  ./a /a']);
    assert.deepEqual(of(undefined), []);
  });

  it('has what one way leads to, whatever another may lead to it from', () => {
    // A merge stands on what is below it and on what was copied, and the former may be the latter.
    const both = listed.map((each) => (each.id === 'link' ? { ...each, parents: ['part', 'copy'] } : each));
    assert.equal(presences(both.toReversed())[3], 'listed');
  });

  it('says nothing of copied files before BuildKit 0.11', () => {
    const old = listed.map((each) => (each.id === 'copy' ? { ...each, description: 'fileop target' } : each));
    assert.deepEqual(presences(old).slice(0, 2), ['listed', 'listed']);
    assert.equal(listOf(old).namedNow(steps()[0] ?? -1), 1);
    const onNobodyKnows = old.filter(({ id }) => id !== 'base');
    assert.equal(listOf(onNobodyKnows).namedNow(steps()[0] ?? -1), 0);
    assert.equal(listOf(listed).namedNow(steps()[0] ?? -1), 1);
  });

  it('has nothing when it is empty, and nothing that goes round in a circle', () => {
    assert.deepEqual(
      presences([]),
      Array.from({ length: 5 }, () => 'absent'),
    );
    const circle = listed.map((each) => ({ ...each, parents: [each.id] }));
    assert.equal(presences(circle)[1], 'absent');
  });
});

function record(id: string, parents: readonly string[], description: string): ListedRecord {
  return { id, parents, description, type: 'regular', sizeBytes: 0 };
}

const plan = planOf(text, { images: { 'docker.io/library/base:latest': {} } });
const keyed = keyBuild(
  {
    plan,
    request: { context: '/c', dockerfile: '/c/Dockerfile', buildArgs: new Map(), tags: [] },
    image: () => ({ kind: 'known', manifest: parseDigest(digest), diffIds: [parseDiffId(digest)] }),
  },
  keyFormatOf('0.33.0'),
);

function listOf(records: readonly ListedRecord[], rows: readonly string[] = []): BuilderList {
  return new BuilderList(records, keyed, plan, () => rows);
}

function steps(): readonly number[] {
  return [...keyed.vertices.keys()].filter((at) => keyed.vertices[at]?.step !== undefined);
}

/** Of COPY, RUN, the part of --link and its merge, WORKDIR. */
function presences(records: readonly ListedRecord[], rows?: readonly string[]): readonly string[] {
  const list = listOf(records, rows);
  return steps().map((at) => list.presenceOf(at));
}
