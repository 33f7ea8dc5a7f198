import assert from 'node:assert/strict';
import { pinnedSource } from '../../../../src/engine/builders/historyRecords/pinnedSource.ts';
import type { ProvenanceStep } from '../../../../src/engine/builders/historyRecords/provenance.ts';
import { sentContext } from '../../../../src/engine/builders/historyRecords/sentContext.ts';
import { urlOperation } from '../../../../src/engine/build/vertices/sourceVertices.ts';

const checksum = `sha256:${'0'.repeat(64)}`;

describe('The sources of a build that is kept', () => {
  it('name the directory that was sent, and what of it was left out', () => {
    assert.deepEqual(sentContext(source('local://context', { 'local.excludepatterns': '["a","!b"]' })), {
      name: 'context',
      ignored: ['a', '!b'],
    });
    assert.deepEqual(sentContext(source('local://other')), { name: 'other', ignored: [] });
    assert.equal(sentContext(source('docker-image://a')), undefined);
    for (const damaged of ['{', '{}', '[1]'])
      assert.equal(sentContext(source('local://context', { 'local.excludepatterns': damaged })), undefined);
  });

  it('have a key where the instruction says what is fetched', () => {
    const pinned = { 'http.filename': 'f.txt', 'http.checksum': checksum };
    const expected = urlOperation('f.txt', checksum);
    assert.ok(expected !== undefined);
    assert.deepEqual(pinnedSource(source('https://host/f.txt', pinned)), expected);
    assert.deepEqual(pinnedSource(source('http://host/f.txt?x', { 'http.checksum': checksum })), expected);
    assert.equal(pinnedSource(source('https://host/f.txt')), undefined);
    assert.equal(pinnedSource(source('https://host/f.txt', { ...pinned, 'http.perm': '0644' })), undefined);
    assert.equal(pinnedSource(source('git://host/f.txt', pinned)), undefined);
  });
});

function source(identifier: string, attrs: Readonly<Record<string, string>> = {}): ProvenanceStep {
  return { operation: { source: { identifier, attrs } }, inputs: [], layers: [] };
}
