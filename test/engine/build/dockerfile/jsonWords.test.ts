import assert from 'node:assert/strict';
import { readJsonWords } from '../../../../src/engine/build/dockerfile/jsonWords.ts';
import { buildkitTable } from '../../../support/buildkitTables.ts';

interface JsonTable {
  readonly refused: readonly string[];
  readonly accepted: readonly { readonly json: string; readonly strings: readonly string[] }[];
}

const table = buildkitTable('jsonArrays') as JsonTable;

describe('The exec form', () => {
  it('is an array of strings', () => {
    for (const { json, strings } of table.accepted) {
      const found = readJsonWords(json, 0, json.length);
      assert.deepEqual(found.kind === 'words' && found.words.map(({ text }) => text), strings, json);
    }
  });

  it('is refused when it has something else', () => {
    for (const json of table.refused)
      assert.equal(readJsonWords(json, 0, json.length).kind, 'not-strings', json);
  });

  it('is no exec form when it is not JSON', () => {
    for (const text of ["['a']", '["a"', '["a",]', '["a"] b', 'x ["a"]', '{"a":1}', ''])
      assert.equal(readJsonWords(text, 0, text.length).kind, 'other', text);
  });

  it('says where each string stands', () => {
    const json = ' [ "a\\"b" ,"\\\\", "한" ]';
    const found = readJsonWords(json, 0, json.length);
    assert.ok(found.kind === 'words');
    assert.deepEqual(
      found.words.map(({ start, end }) => json.slice(start, end)),
      ['"a\\"b"', '"\\\\"', '"한"'],
    );
  });

  it('has no halves of pairs, as Go has none', () => {
    const json = '["\\ud800x", "\\ud83d\\ude00"]';
    const found = readJsonWords(json, 0, json.length);
    assert.deepEqual(found.kind === 'words' && found.words.map(({ text }) => text), ['\uFFFDx', '😀']);
  });
});
