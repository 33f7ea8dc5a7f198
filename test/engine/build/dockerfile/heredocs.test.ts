import assert from 'node:assert/strict';
import { findHeredocs, parseHeredocWord } from '../../../../src/engine/build/dockerfile/heredocWords.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { buildkitTable } from '../../../support/buildkitTables.ts';

interface HeredocTable {
  readonly dockerfile: string;
  /** Of every instruction but the first. */
  readonly afterFirst: readonly (readonly ExpectedHeredoc[])[];
  readonly valid: readonly string[];
  readonly refused: readonly string[];
  readonly none: readonly string[];
  readonly lines: readonly { readonly line: string; readonly names: readonly string[] }[];
}

interface ExpectedHeredoc {
  readonly name: string;
  readonly content: string;
  readonly isExpanded: boolean;
  readonly stripsTabs: boolean;
  readonly fileDescriptor: number;
}

const table = buildkitTable('heredocs') as HeredocTable;

/** BuildKit's own test of this line is empty: it compares the names that are found, and none is. */
const blankAfterDash = 'RUN <<- EOF';

function namesIn(line: string): readonly string[] {
  return findHeredocs(line).map(({ parsed }) => (parsed.kind === 'heredoc' ? parsed.heredoc.name : ''));
}

describe('Heredocs', () => {
  it('are found as BuildKit finds them', () => {
    const { instructions, problems } = parseDockerfile(table.dockerfile);
    const found = instructions.slice(1).map(({ heredocs }) =>
      heredocs.map(({ name, content, isExpanded, stripsTabs, fileDescriptor }) => ({
        name,
        content,
        isExpanded,
        stripsTabs,
        fileDescriptor,
      })),
    );
    assert.deepEqual(found, table.afterFirst);
    assert.deepEqual(problems, []);
  });

  it('are words of a certain form', () => {
    for (const word of table.valid) {
      const parsed = parseHeredocWord(word);
      assert.equal(parsed.kind === 'heredoc' && parsed.heredoc.name, 'EOF', word);
    }
    for (const word of table.refused) assert.equal(parseHeredocWord(word).kind, 'refused', word);
    for (const word of table.none) assert.equal(parseHeredocWord(word).kind, 'none', word);
  });

  it('are found in lines', () => {
    for (const { line, names } of table.lines)
      assert.deepEqual(namesIn(line), line === blankAfterDash ? [] : names, line);
  });

  it('are not looked for in the JSON form', () => {
    const text = 'FROM alpine:3.6\nRUN ["whoami"]\nRUN ["<<EOF"]\nRUN ["<<\'EOF\'"]\n';
    assert.ok(parseDockerfile(text).instructions.every(({ heredocs }) => heredocs.length === 0));
  });
});
