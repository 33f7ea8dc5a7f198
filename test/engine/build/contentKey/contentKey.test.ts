import assert from 'node:assert/strict';
import type { LayerPath } from '../../../../src/engine/base/layerPath.ts';
import { contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { goMatch, hasWildcard } from '../../../../src/engine/build/contentKey/goMatch.ts';
import { type ContentLiteral, contentTree } from '../../../support/contentTree.ts';

const base = { 'a.txt': 'one', 'd/x': 'x', 'd/y': 'y', empty: '' };

describe('The content of an instruction', () => {
  let hasAllBelowRoot = true;
  beforeEach(() => {
    hasAllBelowRoot = true;
  });

  it('is another when a name, a byte or a mode below the source is', () => {
    const before = of('d', base);
    assert.notEqual(of('d', { ...base, 'd/x': 'X' }), before);
    assert.notEqual(of('d', { ...base, 'd/x': { text: 'x', mode: 0o755 } }), before);
    assert.notEqual(of('d', { ...base, 'd/z': '' }), before);
    assert.notEqual(of('d', { ...base, 'd/empty/': '' }), before);
  });

  it('is the same whatever the source itself is called, and whatever lies beside it', () => {
    assert.equal(of('e', { 'e/x': 'x', 'e/y': 'y' }), of('d', base));
    assert.equal(of('d', { ...base, 'a.txt': 'two' }), of('d', base));
  });

  it('is that of what a link leads to, which is followed in the source only', () => {
    assert.equal(of('l', { ...base, l: '->d' }), of('d', base));
    assert.equal(of('l/m', { ...base, 'l/m': '->../../d/./x' }), of('d/x', base));
    const linked = { ...base, 'd/l': '->../a.txt' };
    assert.equal(of('d', { ...linked, 'a.txt': 'two' }), of('d', linked));
  });

  it('has no answer where nothing is, or where links lead in a circle', () => {
    assert.throws(() => of('none', base), { code: 'not-found' });
    assert.throws(() => of('l', { l: '->m', m: '->l' }), { code: 'not-found' });
  });

  it('leaves out what lies below another source, below the root in newer ones only', () => {
    const of2 = (...paths: readonly string[]) => digest(base, ...paths);
    assert.equal(of2('d', 'd/x'), of2('d'));
    assert.equal(of2('d/x', 'a.txt', 'a.txt'), of2('a.txt', 'd/x'));
    assert.equal(of2('', 'a.txt'), of2(''));
    hasAllBelowRoot = false;
    assert.notEqual(of2('', 'a.txt'), of2(''));
  });

  function of(path: string, literal: ContentLiteral): string {
    return digest(literal, path);
  }

  function digest(literal: ContentLiteral, ...paths: readonly string[]): string {
    const sources = paths.map((path) => ({ path: `/${path}` as LayerPath }));
    return contentDigest(contentTree(literal), sources, { matchStyle: '0.26', hasAllBelowRoot });
  }
});

describe("Go's patterns", () => {
  // Go's own table of path.Match (path/match_test.go), as facts.
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ab/c', false],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^b-d]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['a?b', 'a/b', false],
    ['a*b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', 'z', false],
    ['[\\-x]', 'a', false],
    ['*x', 'xxx', true],
    ['[]a]', 'a', false],
    ['[a-', 'a', false],
    ['a[', 'ab', false],
    ['\\', 'a', false],
  ];
  for (const [pattern, text, expected] of cases)
    it(`${pattern} ${expected ? 'fits' : 'does not fit'} ${text}`, () => {
      assert.equal(goMatch(pattern, text), expected);
    });

  it('take no time to speak of, whatever they are', () => {
    assert.equal(goMatch('*a'.repeat(2000), 'a'.repeat(4000) + 'b'), false);
  });

  it('are told from plain names', () => {
    assert.deepEqual(['a*', 'a\\*', '[a]', 'a?', 'a\\\\*'].map(hasWildcard), [true, false, true, true, true]);
  });
});
