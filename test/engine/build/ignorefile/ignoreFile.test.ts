import assert from 'node:assert/strict';
import { cleanPath } from '../../../../src/engine/build/ignorefile/cleanPath.ts';
import { readIgnoreFile } from '../../../../src/engine/build/ignorefile/ignoreFile.ts';

function patternsOf(text: string): readonly string[] {
  return readIgnoreFile(text).map(({ pattern }) => pattern);
}

describe('Ignore files', () => {
  it('are read as moby reads them', () => {
    const text = 'test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! ';
    assert.deepEqual(patternsOf(text), [
      'test1',
      'test2',
      'a/file/here',
      'lastfile',
      '!inverted/abs/path',
      '!',
      '!',
    ]);
  });

  it('have comments only at the very beginning of a line', () => {
    assert.deepEqual(patternsOf('#a\n #b\n\uFEFF#c\n'), ['#b', '\uFEFF#c']);
    assert.deepEqual(patternsOf('\uFEFF#a\nb'), ['b']);
  });

  it('take blanks off, and clean paths', () => {
    assert.deepEqual(patternsOf('  a b \t\r\n\t./x//y/../z/ \r\n\u0085c\u00a0\n/\n..//d\n!./e/'), [
      'a b',
      'x/z',
      'c',
      '/',
      '../d',
      '!e',
    ]);
  });

  it('say where each pattern stands', () => {
    const text = 'a\n\n  !b/c  \n# x\n/d';
    const found = readIgnoreFile(text).map(({ range }) => text.slice(range.start, range.end));
    assert.deepEqual(found, ['a', '!b/c', '/d']);
  });
});

describe('Clean paths', () => {
  const cases: readonly (readonly [written: string, clean: string])[] = [
    ['', '.'],
    ['.', '.'],
    ['./', '.'],
    ['/', '/'],
    ['//a', '/a'],
    ['/..', '/'],
    ['/../a', '/a'],
    ['a/..', '.'],
    ['a/../..', '..'],
    ['../../a', '../../a'],
    ['a//b/./c/', 'a/b/c'],
    ['a/b/../../..', '..'],
  ];
  for (const [written, clean] of cases)
    it(`${JSON.stringify(written)} is ${JSON.stringify(clean)}`, () => {
      assert.equal(cleanPath(written), clean);
    });
});
