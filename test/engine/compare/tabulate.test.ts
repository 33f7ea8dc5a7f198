import assert from 'node:assert/strict';
import { tabulate } from '../../../src/engine/compare/tabulate.ts';

// What docker's own tabwriter gave for the same text.
describe('tabulate', () => {
  it('gives every run of lines that have a column one width', () => {
    assert.equal(
      tabulate('a\tb\nlong-long-cell\tb\nx\na\tb\n'),
      'a                b\nlong-long-cell   b\nx\na         b\n',
    );
  });

  it('measures cells by columns of the terminal', () => {
    assert.equal(tabulate('日本語日本語\tb\n'), '日本語日本語   b\n');
  });

  it('counts a grapheme once', () => {
    assert.equal(tabulate('e\u0301e\u0301\tb\n'), 'e\u0301e\u0301        b\n');
    assert.equal(tabulate('👨‍👩‍👧\tb\n'), '👨‍👩‍👧        b\n');
  });

  it('pads what a tab ends, empty cells too, and not what follows the last tab', () => {
    assert.equal(tabulate('a\t\tb\nc\td\te\n'), 'a                   b\nc         d         e\n');
    assert.equal(tabulate('a\t\n'), 'a         \n');
  });

  it('ends columns at a form feed', () => {
    assert.equal(tabulate('a\tb\flong-long-cell\tb\n'), 'a         b\nlong-long-cell   b\n');
  });

  it('sets a million columns', () => {
    const table = tabulate(`${'a\t'.repeat(1_000_000)}\n`);
    assert.equal(table.length, 10_000_001);
  }).timeout(20_000);
});
