import assert from 'node:assert/strict';
import type { CacheRecord, SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { KnownCache } from '../../../../src/engine/build/cache/knownCache.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';

/** A record by its key, and for each input the records that lead to it, as `POSITION` or `POSITION:SELECTOR`. */
type Said = readonly [key: string, ...inputs: (readonly string[])[]];

describe('What is known of a cache', () => {
  it('takes two records for one when they have a key and a link of each input in common', () => {
    const older = build(['base'], ['content 1'], ['copy', ['0'], ['1']]);
    const newer = build(['base'], ['content 1'], ['stage'], ['copy', ['0'], ['2:/o', '1']]);
    const cache = new KnownCache([newer, older]);
    const [copy, ...more] = cache.withKey(sha256('copy'));
    assert.equal(more.length, 0);
    assert.deepEqual(
      copy?.records.map(({ build: of }) => of),
      [older, newer],
    );
    const stage = cache.withKey(sha256('stage'))[0]?.id ?? -1;
    assert.ok(copy.inputs[1]?.has(`/o ${stage}`), 'it is reached by the links of both');
  });

  it('keeps apart what another content or another step leads to', () => {
    const one = build(['base'], ['content 1'], ['copy', ['0'], ['1']]);
    const two = build(['base'], ['content 2'], ['copy', ['0'], ['1']]);
    assert.equal(new KnownCache([two, one]).withKey(sha256('copy')).length, 2);
    const selected = build(['base'], ['copy', ['0:/a']]);
    const other = build(['base'], ['copy', ['0:/b']]);
    assert.equal(new KnownCache([selected, other]).withKey(sha256('copy')).length, 2);
  });

  it('finds results by their first link, and those of which none is known', () => {
    const cache = new KnownCache([build(['base'], ['run', ['0']], ['run', []], ['run', ['1']])]);
    const base = cache.withKey(sha256('base'))[0]?.id ?? -1;
    const reached = cache.reachedBy(sha256('run'), [` ${base}`]);
    assert.deepEqual(
      reached.map(({ inputs }) => inputs[0]?.size),
      [0, 1],
    );
    assert.equal(cache.reachedBy(sha256('run'), undefined).length, 3);
  });

  it('comes to an end with links that lead round in a circle, to themselves, or to nowhere', () => {
    const cache = new KnownCache([build(['a', ['1']], ['b', ['0', '2']], ['c', ['2']], ['d', ['99']])]);
    for (const key of ['a', 'b', 'c', 'd']) assert.equal(cache.withKey(sha256(key)).length, 1);
  });

  it('reads chains that are longer than calls may be nested', () => {
    const chain = Array.from({ length: 20_000 }, (_, at): Said => [`step ${at}`, [String(at + 1)]]);
    const cache = new KnownCache([build(...chain, ['base'])]);
    assert.equal(cache.withKey(sha256('step 0'))[0]?.inputs[0]?.size, 1);
  });
});

function build(...said: readonly Said[]): SeenBuild {
  const records = said.map(([key, ...inputs]): CacheRecord => {
    const linked = inputs.map((ways) =>
      ways.map((way) => {
        const [record, selector = ''] = way.split(':');
        return { record: Number(record), selector };
      }),
    );
    return { key: sha256(key), inputs: linked, certainty: 'exact' };
  });
  return { kind: 'lamina', records, steps: [] };
}
