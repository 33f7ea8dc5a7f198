import assert from 'node:assert/strict';
import type { ListedRecord } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { type ListedBase, ListedPath } from '../../../../src/engine/build/createdBy/listedPath.ts';
import type { PlannedStep } from '../../../../src/engine/build/plan/buildPlan.ts';
import { planOf } from '../../../support/planOf.ts';

const steps = (text: string): readonly PlannedStep[] =>
  (planOf(text, { images: { 'docker.io/library/base:latest': {} } }).stages[0]?.steps ?? []).filter(
    ({ operation }) => operation.kind !== 'from' && operation.kind !== 'metadata',
  );
const base = { name: 'docker.io/library/base:latest', manifest: 'sha256:1' };

/** Whether a list has all of them one on the other, something that may be them, or certainly not. */
function listedChain(
  listed: readonly ListedRecord[],
  chain: readonly PlannedStep[],
  on?: ListedBase,
): 'whole' | 'unclear' | 'broken' {
  let path = ListedPath.from(listed, on);
  let isUnclear = false;
  for (const step of chain) {
    const { exact, possible } = path.recordsOf(step);
    if (possible.length === 0) return 'broken';
    isUnclear ||= exact.length === 0;
    path = path.onto(exact.length > 0 ? exact : possible);
  }
  return isUnclear ? 'unclear' : 'whole';
}

/** Records one on the other. */
function list(...descriptions: readonly string[]): readonly ListedRecord[] {
  return descriptions.map((description, at) => ({
    id: String(at),
    parents: at === 0 ? [] : [String(at - 1)],
    description,
    type: 'regular',
    sizeBytes: 0,
  }));
}

const pull = 'pulled from docker.io/library/base:latest@sha256:1';

describe("A chain in a builder's list", () => {
  const text = 'FROM base\nWORKDIR /w\nCOPY --chown=1 a b\nRUN echo\n';

  it('is whole when each record stands on the one before, whatever their numbers', () => {
    const rows = ['[one 2/9] WORKDIR /w', '[3/4] COPY --chown=1 a b', 'mount / from exec /bin/sh -c echo'];
    assert.equal(listedChain(list(pull, ...rows), steps(text), base), 'whole');
    assert.equal(listedChain(list(...rows), steps(text)), 'whole');
  });

  it('is whole where files are put onto others with --link, which stand side by side', () => {
    const of = (id: string, description: string, ...parents: readonly string[]): ListedRecord => ({
      ...{ id, description, parents },
      ...{ type: 'regular', sizeBytes: 0 },
    });
    const listed = [
      of('base', pull),
      ...[of('one', '[2/4] COPY --link a /'), of('two', '[3/4] COPY --link b /')],
      of('merge', '[2/4] LINK COPY --link a /', 'base', 'one'),
      of('both', '[3/4] LINK COPY --link b /', 'base', 'one', 'two'),
      of('run', 'mount / from exec /bin/sh -c echo', 'both'),
    ];
    const linked = steps('FROM base\nCOPY --link a /\nCOPY --link b /\nRUN echo\n');
    assert.equal(listedChain(listed, linked, base), 'whole');
    const without = listed.filter(({ id }) => id !== 'both');
    assert.equal(listedChain(without, linked, base), 'broken');
  });

  it('is broken where a command is not there, or stands on something else', () => {
    const rows = ['[2/4] WORKDIR /w', '[3/4] COPY --chown=1 a b'];
    assert.equal(listedChain(list(pull, ...rows), steps(text), base), 'broken');
    const other = list(pull, ...rows, 'x', 'mount / from exec /bin/sh -c echo');
    assert.equal(listedChain(other, steps(text), base), 'broken');
    assert.equal(listedChain([], steps(text), base), 'broken');
  });

  it('is not clear where a file operation may be another, as in lists before 0.11', () => {
    const run = 'mount / from exec /bin/sh -c echo';
    assert.equal(
      listedChain(list(pull, 'fileop target', 'fileop target', run), steps(text), base),
      'unclear',
    );
    const rows = ['[2/4] WORKDIR /w', '[3/4] COPY --chown=2 a b', run];
    assert.equal(listedChain(list(pull, ...rows), steps(text), base), 'unclear');
    assert.equal(listedChain(list(pull, 'fileop target', run), steps(text), base), 'broken');
  });

  it('begins at any image where its base is not listed', () => {
    const rows = ['[2/2] COPY a b'];
    const moved = list('pulled from docker.io/library/other:latest@sha256:2', ...rows);
    assert.equal(listedChain(moved, steps('FROM base\nCOPY a b\n'), base), 'whole');
  });

  it('has what stands on nothing, where that is what it is made on', () => {
    const alone = list('[1/1] COPY a b');
    assert.equal(listedChain(alone, steps('FROM scratch\nCOPY a b\n'), 'nothing'), 'whole');
    const other = list(pull, '[2/2] COPY a b');
    assert.equal(listedChain(other, steps('FROM scratch\nCOPY a b\n'), 'nothing'), 'broken');
  });

  it('tells a row with other flags from the row itself', () => {
    const [step] = steps('FROM base\nCOPY a b\n');
    assert.ok(step !== undefined);
    const hasOther = (...rows: readonly string[]): boolean =>
      ListedPath.from(list(...rows)).hasOtherFlags(step);
    assert.equal(hasOther('[2/2] COPY --link a b'), true);
    assert.equal(hasOther('[2/2] COPY --link a b', '[2/2] COPY a b'), false);
    assert.equal(hasOther('[2/2] COPY a c'), false);
  });

  it('has both parts of a link', () => {
    const linked = list(pull, '[2/2] LINK COPY --link a b');
    assert.equal(listedChain(linked, steps('FROM base\nCOPY --link a b\n'), base), 'whole');
  });
});
