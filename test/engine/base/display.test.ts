import assert from 'node:assert/strict';
import { escapeForDisplay } from '../../../src/engine/base/display.ts';
import { toText } from '../../../src/engine/base/layerPath.ts';

describe('escapeForDisplay', () => {
  it('leaves text alone that only looks odd', () => {
    for (const text of ['etc/motd', 'Größe 표준 日本', 'a\\b', '👩‍💻', 'می\u200cخواهم', 'שלום', '\ufffd'])
      assert.equal(escapeForDisplay(text), text);
  });

  it('shows what could drive a terminal or turn a line around', () => {
    assert.equal(escapeForDisplay('a\x1b[31m\x07\x9b\x7f'), 'a\\x1b[31m\\x07\\x9b\\x7f');
    assert.equal(escapeForDisplay('a\tb\nc\rd'), 'a\\tb\\nc\\rd');
    assert.equal(escapeForDisplay('gpj.\u202eexe\u2069\u2028\u200b'), 'gpj.\\u202eexe\\u2069\\u2028\\u200b');
    assert.equal(escapeForDisplay('x\u{e0041}\ud800'), 'x\\u{e0041}\\ud800');
  });

  it('shows joiners that join nothing', () => {
    assert.equal(escapeForDisplay('ad\u200dmin'), 'ad\\u200dmin');
    assert.equal(escapeForDisplay('\u200cetc'), '\\u200cetc');
  });

  it('shows bytes that are not UTF-8', () => {
    assert.equal(escapeForDisplay(toText('f\xff\x1b')), 'f\\xff\\x1b');
  });
});
