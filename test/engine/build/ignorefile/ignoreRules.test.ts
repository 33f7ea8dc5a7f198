import assert from 'node:assert/strict';
import { cleanPath } from '../../../../src/engine/build/ignorefile/cleanPath.ts';
import { type IgnoreRules, ignoreRules } from '../../../../src/engine/build/ignorefile/ignoreRules.ts';
import { parseIgnorePattern } from '../../../../src/engine/build/ignorefile/ignorePattern.ts';
import { formOf } from '../../../../src/engine/build/ignorefile/pathExpression.ts';
import { buildkitTable } from '../../../support/buildkitTables.ts';
import { Random } from '../../../support/random.ts';

interface PatternTable {
  readonly matches: readonly {
    readonly patterns: readonly string[];
    readonly path: string;
    readonly isMatch: boolean;
  }[];
  /** Go's own cases of `filepath.Match`, as moby answers them. */
  readonly matchTests: readonly {
    readonly pattern: string;
    readonly path: string;
    readonly isMatch: boolean;
    readonly isRefused: boolean;
  }[];
  readonly compileTests: readonly {
    readonly pattern: string;
    readonly kind: string;
    readonly source?: string;
  }[];
}

const table = buildkitTable('patterns') as PatternTable;

function rulesOf(patterns: readonly string[]): IgnoreRules {
  const parsed = ignoreRules(patterns);
  assert.ok(parsed.kind === 'rules', `${patterns.join(' ')} is refused`);
  return parsed.rules;
}

describe('Ignore rules', () => {
  it("answer moby's cases", () => {
    for (const { patterns, path, isMatch } of table.matches)
      assert.equal(rulesOf(patterns).isIgnored(path), isMatch, `${patterns.join(' ')} on ${path}`);
  });

  it("answer Go's cases", () => {
    for (const { pattern, path, isMatch, isRefused } of table.matchTests) {
      const parsed = ignoreRules([pattern]);
      assert.equal(parsed.kind === 'refused', isRefused, pattern);
      if (parsed.kind === 'rules')
        assert.equal(parsed.rules.isIgnored(path), isMatch, `${pattern} on ${path}`);
    }
  });

  it('make the same expressions of patterns', () => {
    for (const { pattern, ...expected } of table.compileTests) {
      const form = formOf(cleanPath(pattern));
      const { kind } = form;
      assert.deepEqual(kind === 'expression' ? { kind, source: form.source } : { kind }, expected, pattern);
    }
  });

  const cases: readonly (readonly [
    patterns: readonly string[],
    ignored: readonly string[],
    kept: readonly string[],
  ])[] = [
    [['*'], ['fileutils.go'], []],
    [['!fileutils.go', '*.go'], ['fileutils.go'], []],
    [['docs', '!docs/README.md'], ['docs', 'docs/a'], ['docs/README.md']],
    [['docs/', '!docs/README.md'], ['docs'], ['docs/README.md']],
    [['docs/*', '!docs/README.md'], ['docs/a'], ['docs', 'docs/README.md']],
    [['*.go', '!fileutils.go'], ['a.go'], ['fileutils.go']],
    [['docs', 'config', ''], ['docs', 'config'], ['a']],
    [['docs', '  !docs/README.md '], ['docs'], ['docs/README.md']],
    [['foo'], ['foo', 'foo/bar'], ['a/foo', 'foobar']],
    [
      ['node_modules', '!node_modules/keep'],
      ['node_modules/x'],
      ['node_modules/keep', 'node_modules/keep/y'],
    ],
    [
      ['*', '!src/**'],
      ['a', 'src'],
      ['src/a', 'src/a/b'],
    ],
    [['./foo', 'a/../bar'], ['foo', 'bar'], ['a']],
    // Odd ones, as moby has them: a caret is an anchor, and stars count between brackets too.
    [['^a*'], ['ab'], ['^ab']],
    [['**^a*'], ['ab'], ['x/ab']],
    [['a^b*'], [], ['a^b', 'a^bc']],
    [['a^b'], ['a^b'], ['ab']],
    [['x[*]y'], ['x[^]y', 'x]y', 'x/]y'], ['x*y', 'xay']],
    [['x[?]y'], ['x^]y'], ['x?y']],
    [['[[:alpha:]]x'], ['ax'], [':]x', '1x']],
    [['a\\db*'], ['a1b'], ['adb']],
    // What a directory was not asked about is asked of its files alone, not of it again.
    [['a/b', '!a'], ['a/b'], ['a', 'a/c']],
    [
      ['a', '!a/b', 'a/b/c', '!a/b/c/d'],
      ['a', 'a/b/c', 'a/b/c/e'],
      ['a/b', 'a/b/d', 'a/b/c/d'],
    ],
  ];
  for (const [patterns, ignored, kept] of cases)
    it(patterns.join('  '), () => {
      const rules = rulesOf(patterns);
      assert.deepEqual(
        ignored.filter((path) => !rules.isIgnored(path)),
        [],
      );
      assert.deepEqual(
        kept.filter((path) => rules.isIgnored(path)),
        [],
      );
    });

  it('are refused as a whole for one bad pattern', () => {
    const refused = (patterns: readonly string[]): unknown => {
      const parsed = ignoreRules(patterns);
      return parsed.kind === 'refused' && [parsed.index, parsed.failure];
    };
    assert.deepEqual(refused(['a', '!']), [1, 'illegal exclusion pattern: "!"']);
    assert.deepEqual(refused(['a', '', '[']), [2, 'syntax error in pattern']);
    assert.deepEqual(refused(['[Local-Only]/']), [0, 'syntax error in pattern']);
    assert.deepEqual(refused(['a\\1*']), [0, 'syntax error in pattern']);
    // Ours, and not the builders': nothing is as long, and it would only take time.
    assert.deepEqual(refused(['a', '*a'.repeat(500_000)]), [
      1,
      'a pattern longer than 16384 characters is not read',
    ]);
  });

  it('do not take long, whatever the patterns are', () => {
    const path = `${'a'.repeat(255)}/`.repeat(4);
    for (const part of ['**/a', '*a', '**a', 'a*', '?**'])
      assert.equal(rulesOf([`${part.repeat(500)}b`]).isIgnored(path), false);
  });
});

describe('Very many ignore rules', () => {
  it('mean the same as few', () => {
    const random = new Random(7);
    const few = ['*.log', '**/cache/*', '!**/cache/keep?', 'doc*/**/x'];
    const others = [
      (at: number) => `none-${at}*/*`,
      (at: number) => `none-${at}/x`,
      (at: number) => `!no?e-${at}.log`,
      (at: number) => `**/none-${at}/**/keep1`,
      (at: number) => `none-${at}**`,
    ];
    const many = few.flatMap((each, at) => [
      ...others.flatMap((other) => Array.from({ length: 200 }, (_, count) => other(at * 200 + count))),
      each,
    ]);
    const [short, long] = [rulesOf(few), rulesOf(many)];
    const names = ['a.log', 'cache', 'keep1', 'docs', 'x', 'é', '\u{1F600}.log'];
    for (let count = 0; count < 100; count++) {
      const path = Array.from({ length: 1 + random.below(4) }, () => random.pick(names)).join('/');
      assert.equal(long.isIgnored(path), short.isIgnored(path), path);
    }
  });

  it('forget what they cannot keep', () => {
    const pattern = `${'?'.repeat(2000)}*${'[ab]?'.repeat(1000)}b`;
    const rules = rulesOf([pattern, ...Array.from({ length: 1500 }, (_, at) => `x${at}`)]);
    const name = 'a'.repeat(4000);
    for (const end of ['a', 'b', 'aab', 'é'])
      assert.equal(rules.isIgnored(`${name}${end}`), end.endsWith('b'), end);
  });
});

describe('Directories that need not be walked', () => {
  const cases: readonly (readonly [
    patterns: readonly string[],
    skipped: readonly string[],
    walked: readonly string[],
  ])[] = [
    [['a'], ['a', 'a/b'], ['b']],
    [
      ['a', '!a/b/c'],
      ['a/c', 'a/b/d'],
      ['a', 'a/b'],
    ],
    [['a', '!b/c'], ['a'], []],
    [['a', '!a/*/keep.txt'], ['a/x/y'], ['a', 'a/x']],
    [['a', '!**/keep'], [], ['a', 'a/x/y']],
    [['a', '!x/**/keep'], ['a'], []],
    [['!a/b', 'a'], ['a'], []],
    [['*', '!src/**'], ['doc'], ['src']],
    [
      ['*', '!s?c/x'],
      ['sabc', 'doc'],
      ['src', 'sic'],
    ],
    [['**/node_modules', '!lib/node_modules'], ['node_modules', 'a/node_modules'], ['lib/node_modules']],
  ];
  for (const [patterns, skipped, walked] of cases)
    it(patterns.join('  '), () => {
      const rules = rulesOf(patterns);
      assert.deepEqual(
        skipped.filter((path) => !rules.isSkipped(path)),
        [],
      );
      assert.deepEqual(
        walked.filter((path) => rules.isSkipped(path)),
        [],
      );
    });
});

describe('Random ignore rules', () => {
  const pieces = ['a', 'b', 'ab', '*', '**', '?', '/', '/', '!', '[ab]', '[^a]', '\\*', '.', '***', '[a-b]*'];
  const names = ['a', 'b', 'ab', 'ba', '*', '.', 'aab'];

  function randomPattern(random: Random): string {
    return Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join('');
  }

  function randomTree(random: Random): readonly string[] {
    const path = (): readonly string[] =>
      Array.from({ length: 1 + random.below(4) }, () => random.pick(names));
    return Array.from({ length: 12 }, () => path().join('/'));
  }

  it('agree with a matcher that is written from the description', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const random = new Random(seed);
      const patterns = Array.from({ length: 1 + random.below(4) }, () => randomPattern(random));
      const parsed = ignoreRules(patterns);
      if (parsed.kind === 'refused') continue;
      for (const path of randomTree(random))
        assert.equal(
          parsed.rules.isIgnored(path),
          naively(patterns, path).isIgnored,
          `seed ${seed}: ${patterns.join('  ')} on ${path}`,
        );
    }
  });

  it('skip no directory with something wanted in it', () => {
    for (let seed = 1; seed <= 600; seed++) {
      const random = new Random(seed);
      const parsed = ignoreRules(Array.from({ length: 2 + random.below(4) }, () => randomPattern(random)));
      if (parsed.kind === 'refused') continue;
      for (const path of randomTree(random)) {
        const parts = path.split('/');
        const above = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
        if (above.some((each) => parsed.rules.isSkipped(each)))
          assert.ok(parsed.rules.isIgnored(path), `seed ${seed}: ${path}`);
      }
    }
  });

  /** By a regular expression of JavaScript for each pattern, and without remembering directories. */
  function naively(
    patterns: readonly string[],
    path: string,
  ): { readonly isIgnored: boolean; readonly matched: readonly boolean[] } {
    const parsed = patterns
      .filter((each) => parseIgnorePattern(each).kind === 'pattern')
      .map((each) => cleanPath(each.trim()));
    const slash = path.lastIndexOf('/');
    const above = slash < 0 ? parsed.map(() => false) : naively(patterns, path.slice(0, slash)).matched;
    let isIgnored = false;
    const matched = parsed.map((pattern, at) => {
      const isException = pattern.startsWith('!');
      if (above[at] !== true && isException !== isIgnored) return false;
      const isMatch = above[at] === true || expressionOf(isException ? pattern.slice(1) : pattern).test(path);
      if (isMatch) isIgnored = !isException;
      return isMatch;
    });
    return { isIgnored, matched };
  }

  function expressionOf(pattern: string): RegExp {
    const form = formOf(pattern);
    const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (form.kind === 'exact') return new RegExp(`^${quote(form.text)}$`);
    if (form.kind === 'prefix') return new RegExp(`^${quote(form.text)}`);
    if (form.kind === 'suffix')
      return new RegExp(`${quote(form.text)}$|^${quote(form.text.replace(/^\//, ''))}$`);
    return new RegExp(form.source);
  }
});
