import assert from 'node:assert/strict';
import type { Dockerfile, Instruction, TextRange } from '../../../../src/engine/build/dockerfile/ast.ts';
import { LineTable } from '../../../../src/engine/build/dockerfile/lineTable.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { planOf } from '../../../support/planOf.ts';
import { Random } from '../../../support/random.ts';

function shown({ text }: Dockerfile, { start, end }: TextRange): string {
  return text.slice(start, end);
}

describe('Ranges of a Dockerfile', () => {
  it('are exact over continued lines', () => {
    const file = parseDockerfile(
      '\uFEFFfrom x\r\n  copy --from=a \\\r\n# note\r\n\r\n  --chown="1 2" b\\\r\nc  /d \r\n',
    );
    const copy = file.instructions[1];
    assert.ok(copy !== undefined);
    assert.equal(shown(file, copy.keyword.range), 'copy');
    assert.deepEqual(copy.lines, { first: 2, last: 6 });
    assert.deepEqual(
      copy.flags.map(({ range, name, value }) => [
        shown(file, range),
        name,
        value?.text,
        value && shown(file, value.range),
      ]),
      [
        ['--from=a', 'from', 'a', 'a'],
        ['--chown="1 2"', 'chown', '1 2', '"1 2"'],
      ],
    );
    assert.deepEqual(
      copy.args.map(({ text, range }) => [text, shown(file, range)]),
      [
        ['bc', 'b\\\r\nc'],
        ['/d', '/d'],
      ],
    );
    assert.deepEqual(
      file.problems.map(({ code, severity, range }) => [code, severity, shown(file, range)]),
      [['empty-continuation', 'warning', '\r\n']],
    );
  });

  it('cover heredocs with their ends', () => {
    const file = parseDockerfile('FROM x\nRUN 3<<-"E F" cat <<G\n\tone\n\tE F\r\ntwo\nG\nRUN y\n');
    const run = file.instructions[1];
    assert.ok(run !== undefined);
    assert.equal(shown(file, run.range), 'RUN 3<<-"E F" cat <<G\n\tone\n\tE F\r\ntwo\nG');
    assert.deepEqual(
      run.heredocs.map(({ range, contentRange, terminator }) =>
        [range, contentRange, terminator].map((each) => each && shown(file, each)),
      ),
      [
        ['3<<-"E F"', '\tone\n', '\tE F'],
        ['<<G', 'two\n', 'G'],
      ],
    );
  });

  it('are told as lines, characters and bytes', () => {
    const lines = new LineTable('a\rb\n한😀c\n');
    assert.equal(lines.count, 2);
    assert.deepEqual(lines.positionAt(7), { line: 2, character: 3, byte: 7 });
    assert.deepEqual(lines.positionAt(0), { line: 1, character: 0, byte: 0 });
  });

  it('take letters of flags for bytes, as BuildKit does', () => {
    const [, copy] = parseDockerfile('FROM x\nCOPY --chown=ü a b\n').instructions;
    assert.equal(copy?.flags[0]?.text, '--chown=Ã¼');
    assert.deepEqual(
      copy.args.map(({ text }) => text),
      ['a', 'b'],
    );
  });

  it('say when a line is too long for the builder', () => {
    const codes = (line: string): readonly string[] =>
      parseDockerfile(`FROM x\n${line}`).problems.map(({ code }) => code);
    assert.deepEqual(codes(`RUN ${'a'.repeat(65536 - 5)}\n`), []);
    assert.deepEqual(codes(`RUN ${'a'.repeat(65536 - 4)}\n`), ['line-too-long']);
    assert.deepEqual(codes(`RUN ${'a'.repeat(65536 - 5)}`), []);
    assert.deepEqual(codes(`RUN ${'ü'.repeat(40_000)}\n`), ['line-too-long']);
  });
});

describe('Random Dockerfiles', () => {
  const pieces = [
    ...['FROM a AS b\n', 'RUN ', 'COPY ', 'ENV ', 'ARG ', 'ONBUILD ', 'HEALTHCHECK ', 'LABEL ', 'SHELL '],
    ...[
      '\n',
      '\n',
      '\n',
      ' ',
      '\t',
      '\\\n',
      '\\\r\n',
      '\r',
      '`\n',
      '# escape=`\n',
      '# syntax=x\n',
      '#',
      '\uFEFF',
    ],
    ...[
      '--from=b ',
      '--mount=type=cache,target=/c ',
      '--',
      '--x="',
      "'",
      '"',
      '\\',
      '$',
      '${',
      '}',
      ':-',
      '//',
      '%',
    ],
    ...[
      '<<EOF',
      '<<-E',
      "<<'E'",
      'EOF\n',
      'E\n',
      '[',
      ']',
      '["a","b"]',
      ',',
      'a=b',
      '=',
      'ü',
      '😀',
      '\u0085',
      '\0',
    ],
  ];

  function randomText(seed: number): string {
    const random = new Random(seed);
    return Array.from({ length: 1 + random.below(40) }, () => random.pick(pieces)).join('');
  }

  it('are read to the end, always alike, with ranges in order', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const text = randomText(seed);
      const file = parseDockerfile(text);
      assert.deepEqual(parseDockerfile(text), file, `seed ${seed}`);
      let last = 0;
      for (const instruction of file.instructions) {
        assert.ok(instruction.range.start >= last, `seed ${seed}: ${JSON.stringify(text)}`);
        last = instruction.range.end;
        assert.ok(last <= text.length, `seed ${seed}`);
        checkRanges(file, instruction, seed);
      }
    }
  });

  it('leave no instruction out', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const text = randomText(seed);
      const { instructions, directives } = parseDockerfile(text);
      const covered = [...instructions, ...directives].map(({ range }) => range);
      for (const line of linesOf(text)) {
        const content = text.slice(line.start, line.end).replace('\uFEFF', '').trim();
        const isCovered = covered.some(({ start, end }) => start <= line.end && line.start <= end);
        assert.ok(
          isCovered || content === '' || /^\u0085*#/.test(content) || /^[\\`\0\u0085]/.test(content),
          `seed ${seed}: ${JSON.stringify(text)}`,
        );
      }
    }
  });

  it('have a plan, whatever they are', () => {
    for (let seed = 1; seed <= 1500; seed++) planOf(`FROM a AS z\n${randomText(seed)}`);
  });

  it('take no time to speak of when they are long', () => {
    const hostile = [
      'RUN <<E\n'.repeat(40_000),
      Array.from({ length: 40_000 }, (_, at) => `RUN <<E${at}\n`).join(''),
      `RUN ${'a '.repeat(500_000)}\n`,
      `RUN ${'<<'.repeat(400_000)}\n`,
      `COPY ${'--x '.repeat(200_000)}\n`,
      `ENV ${'a="b\\'.repeat(200_000)}\n`,
      `# escape=${' '.repeat(1_000_000)}x\n`,
      `RUN ${'\\\n'.repeat(400_000)}`,
      `RUN [${'['.repeat(400_000)}\n`,
      `ENV A=${'${a:-'.repeat(200_000)}\n`,
      'ONBUILD '.repeat(100_000),
    ];
    for (const text of hostile) parseDockerfile(text);
    planOf(`FROM scratch\nENV A=aaaaaaaaaaaaaaaa\n${'ENV A=$A$A$A$A\n'.repeat(40)}RUN x\n`);
    planOf(
      `FROM scratch\nENV A=${'a'.repeat(60_000)}\nENV B=\${A//a/$A}\nENV C=\${A##${'*a'.repeat(300)}b}\n`,
    );
  }).timeout(60_000);

  function checkRanges({ text }: Dockerfile, instruction: Instruction, seed: number): void {
    const { range, keyword, flags, args, pairs, heredocs } = instruction;
    const inner = [keyword, ...flags, ...args, ...pairs.flatMap(({ key, value }) => [key, value])];
    for (const { range: each } of inner)
      assert.ok(range.start <= each.start && each.start <= each.end && each.end <= range.end, `seed ${seed}`);
    for (const { content, contentRange } of heredocs)
      assert.equal(text.slice(contentRange.start, contentRange.end), content, `seed ${seed}`);
  }

  function linesOf(text: string): readonly TextRange[] {
    const table = new LineTable(text);
    return Array.from({ length: table.count }, (_, at) => table.line(at + 1) ?? { start: 0, end: 0 });
  }
});
