import assert from 'node:assert/strict';
import { NameGlob, PathGlob } from '../../../src/engine/rootfs/glob.ts';
import { Random } from '../../support/random.ts';

describe('NameGlob', () => {
  it('knows stars, single characters, sets and what is meant as it is', () => {
    const yes = [
      ['*', ''],
      ['*.conf', 'a.conf'],
      ['**', 'x'],
      ['a?c', 'abc'],
      ['[a-c]x', 'bx'],
      ['[!a-c]x', 'dx'],
      ['[^a]', 'b'],
      ['[]]', ']'],
      ['[!]]', 'x'],
      ['[a-]', '-'],
      ['\\*', '*'],
      ['a[', 'a['],
      ['[ab', '[ab'],
      ['caf?', 'café'],
      ['[à-ü]', 'é'],
      ['?', '🐋'],
    ] as const;
    for (const [pattern, name] of yes) assert.ok(new NameGlob(pattern).matches(name), `${pattern} ${name}`);
    const no = [
      ['?', ''],
      ['?', 'ab'],
      ['*.conf', 'a.confx'],
      ['[!a]', 'a'],
      ['[b-a]', 'a'],
      ['A', 'a'],
      ['\\*', 'x'],
      ['a.c', 'abc'],
    ] as const;
    for (const [pattern, name] of no) assert.ok(!new NameGlob(pattern).matches(name), `${pattern} ${name}`);
  });

  it('equals a regular expression on random patterns', () => {
    const random = new Random(5);
    for (let round = 0; round < 20_000; round++) {
      const pattern = randomText(random, ['a', 'b', '*', '?', '[ab]', '[!a]']);
      const name = randomText(random, ['a', 'b', 'c']);
      assert.equal(new NameGlob(pattern).matches(name), toRegExp(pattern).test(name), `${pattern} ${name}`);
    }
  });

  it('takes no more than the product of the lengths', () => {
    const startedMs = performance.now();
    assert.ok(!new NameGlob(`${'*a'.repeat(50)}b`).matches('a'.repeat(20_000)));
    assert.ok(performance.now() - startedMs < 5000);
  });
});

describe('PathGlob', () => {
  it('matches name by name from the root, ** any number of directories', () => {
    const yes = [
      ['/etc/*.conf', 'etc/a.conf'],
      ['etc/*.conf', 'etc/a.conf'],
      ['**/a', 'a'],
      ['**/a', 'x/y/a'],
      ['x/**', 'x/y/z'],
      ['x/**/z', 'x/z'],
      ['x/**/y/**/z', 'x/1/y/2/y/z'],
    ] as const;
    for (const [pattern, path] of yes)
      assert.ok(new PathGlob(pattern).matches(path.split('/')), `${pattern} ${path}`);
    const no = [
      ['*/a', 'x/y/a'],
      ['**/a', 'x/ba'],
      ['/a', 'x/a'],
      ['x/*', 'x'],
      ['x/**/y', 'x/y/z'],
    ] as const;
    for (const [pattern, path] of no)
      assert.ok(!new PathGlob(pattern).matches(path.split('/')), `${pattern} ${path}`);
  });

  it('equals a regular expression on random patterns', () => {
    const random = new Random(6);
    for (let round = 0; round < 20_000; round++) {
      const names = Array.from({ length: 1 + random.below(4) }, () =>
        random.pick(['a', 'b', '*', '**', 'a*']),
      );
      const path = Array.from({ length: 1 + random.below(5) }, () => random.pick(['a', 'b', 'ab']));
      const source = names.map((name) =>
        name === '**' ? '(?:/[^/]+)*' : `/${toRegExp(name).source.slice(1, -1)}`,
      );
      const expected = new RegExp(`^${source.join('')}$`).test(`/${path.join('/')}`);
      assert.equal(
        new PathGlob(names.join('/')).matches(path),
        expected,
        `${names.join('/')} ${path.join('/')}`,
      );
    }
  });
});

function randomText(random: Random, pieces: readonly string[]): string {
  return Array.from({ length: random.below(7) }, () => random.pick(pieces)).join('');
}

function toRegExp(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll('*', '[^/]*').replaceAll('?', '[^/]').replaceAll('[!', '[^')}$`);
}
