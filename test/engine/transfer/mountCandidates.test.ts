import assert from 'node:assert/strict';
import { parseReference } from '../../../src/engine/oci/reference.ts';
import { mountCandidates, sourceNoteKey } from '../../../src/engine/transfer/mountCandidates.ts';
import { buildImage } from '../../support/buildImage.ts';
import { sourceOf } from '../../support/storeFixture.ts';

const host = 'registry.example';
const base = { base: 'the same' };
const app = buildImage([base, { app: '1' }], { names: [`${host}/team/app:1`, 'docker.io/library/app:1'] });
const other = buildImage([base, { other: '1' }], { names: [`${host}/team/other:1`] });
const elsewhere = buildImage([base, { elsewhere: '1' }], { names: ['other.example/team/far:1'] });
const [lowest, own] = app.layers;

describe('mountCandidates', () => {
  it('are where the image is named, and for a shared layer where others are', async () => {
    const { source, entries } = await sourceOf(app, other, elsewhere);
    const candidates = await mountCandidates(source, entries[0]!, parseReference(`${host}/new/app:1`));
    assert.deepEqual(candidates(lowest!.digest), ['team/app', 'team/other']);
    assert.deepEqual(candidates(own!.digest), ['team/app']);
  });

  it('are first where the image came from, as noted', async () => {
    const { source, entries } = await sourceOf(app);
    const [entry] = entries;
    const annotations = { [sourceNoteKey(host)]: 'first/place,second/place,../bad,Bad' };
    const noted = { ...entry!, target: { ...entry!.target!, annotations } };
    const candidates = await mountCandidates(source, noted, parseReference(`${host}/new/app:1`));
    assert.deepEqual(candidates(own!.digest), ['first/place', 'second/place', 'team/app']);
  });

  it('are not the destination itself, nor anything of another registry', async () => {
    const { source, entries } = await sourceOf(app, elsewhere);
    const here = await mountCandidates(source, entries[0]!, parseReference(`${host}/team/app:2`));
    assert.deepEqual(here(own!.digest), []);
    const far = await mountCandidates(source, entries[0]!, parseReference('third.example/team/app:2'));
    assert.deepEqual(far(lowest!.digest), []);
  });
});
