import assert from 'node:assert/strict';
import { isEngineError, type FailureCode } from '../../../../src/engine/base/errors.ts';
import { parseInlineCache } from '../../../../src/engine/builders/inlineCache/parseInlineCache.ts';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import type { DiffId } from '../../../../src/engine/oci/digest.ts';

const diffIds = ['base', 'one', 'two'].map((text) => sha256(text) as string as DiffId);
const [first, second, third] = ['a', 'b', 'c'].map(sha256);
const image = { subject: 'app:1', diffIds };

function parse(value: unknown): SeenBuild {
  return parseInlineCache(Buffer.from(JSON.stringify(value)).toString('base64'), image);
}

function refuses(value: unknown, code: FailureCode): void {
  assert.throws(
    () => parse(value),
    (error) => isEngineError(error, code),
  );
}

describe('an inline cache', () => {
  it('gives records with their links and layers', () => {
    const seen = parse([
      { digest: first },
      {
        digest: second,
        inputs: [[{ link: 0 }, { link: 2, selector: 'sha256:path' }], []],
        layers: [{ layer: 2, createdAt: '2026-11-30T08:00:00.5Z' }],
      },
      // Numbers that are 0 are left out.
      { digest: third, inputs: [[{}]], layers: [{}] },
    ]);
    assert.equal(seen.kind, 'inline-cache');
    assert.equal(seen.builtAt, Date.parse('2026-11-30T08:00:00.500Z'));
    assert.deepEqual(seen.records, [
      { key: first, inputs: [], certainty: 'exact' },
      {
        key: second,
        inputs: [
          [
            { record: 0, selector: '' },
            { record: 2, selector: 'sha256:path' },
          ],
          [],
        ],
        layer: { diffId: diffIds[2], created: seen.builtAt, image: 'app:1', position: 2 },
        certainty: 'exact',
      },
      {
        key: third,
        inputs: [[{ record: 0, selector: '' }]],
        layer: { diffId: diffIds[0], image: 'app:1', position: 0 },
        certainty: 'exact',
      },
    ]);
  });

  it('leaves out a layer that the image does not have', () => {
    const [record] = parse([{ digest: first, layers: [{ layer: 9 }] }]).records;
    assert.equal(record?.layer, undefined);
  });

  it('is empty when it has no records', () => {
    assert.deepEqual(parse([]).records, []);
    assert.deepEqual(parse(null).records, []);
    assert.deepEqual(parse({ digest: first }).records, []);
  });

  for (const [what, value] of [
    ['no digest', [{}]],
    ['a digest of another kind', [{ digest: 'md5:00' }]],
    ['a digest that is none', [{ digest: { toString: 'x' } }]],
    ['links to what is not there', [{ digest: first, inputs: [[{ link: 1 }]] }]],
    ['links to before the list', [{ digest: first, inputs: [[{ link: -1 }]] }]],
    ['links to half a record', [{ digest: first, inputs: [[{ link: 0.5 }]] }]],
    ['links by a name', [{ digest: first, inputs: [[{ link: 'length' }]] }]],
  ] as const)
    it(`is refused with ${what}`, () => {
      refuses(value, 'damaged');
    });

  it('is refused when it is no JSON', () => {
    for (const text of ['', '%%%', Buffer.from('[{').toString('base64')])
      assert.throws(
        () => parseInlineCache(text, image),
        (error) => isEngineError(error, 'damaged'),
      );
  });

  it('is refused when it is beyond what any build has', () => {
    refuses(
      Array.from({ length: 20_001 }, () => ({ digest: first })),
      'limit-exceeded',
    );
    const links = Array.from({ length: 200_001 }, () => ({ link: 0 }));
    refuses([{ digest: first, inputs: [links] }], 'limit-exceeded');
  });
});
