import assert from 'node:assert/strict';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { buildkitTable } from '../../../support/buildkitTables.ts';
import { dumpDockerfile } from '../../../support/dumpDockerfile.ts';

interface ParserTable {
  readonly accepted: readonly {
    readonly name: string;
    readonly dockerfile: string;
    readonly result: string;
  }[];
  readonly refused: readonly { readonly name: string; readonly dockerfile: string }[];
  readonly lines: {
    readonly dockerfile: string;
    readonly instructions: readonly (readonly [first: number, last: number])[];
  };
}

const table = buildkitTable('parser') as ParserTable;

describe('Parsing Dockerfiles as BuildKit', () => {
  for (const { name, dockerfile, result } of table.accepted)
    it(`gives the tree of "${name}"`, () => {
      const parsed = parseDockerfile(dockerfile);
      assert.equal(dumpDockerfile(parsed), result);
      assert.deepEqual(
        parsed.problems.filter(({ severity }) => severity === 'error'),
        [],
      );
    });

  for (const { name, dockerfile } of table.refused)
    it(`refuses "${name}"`, () => {
      assert.ok(parseDockerfile(dockerfile).problems.some(({ severity }) => severity === 'error'));
    });

  it('counts lines alike', () => {
    const { instructions } = parseDockerfile(table.lines.dockerfile);
    assert.deepEqual(
      instructions.map(({ lines }) => [lines.first, lines.last]),
      table.lines.instructions,
    );
  });
});
