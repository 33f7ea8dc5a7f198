import assert from 'node:assert/strict';
import { alignColumns } from '../../../src/engine/compare/alignColumns.ts';
import { dockerAge, dockerSize, localTime } from '../../../src/engine/compare/dockerUnits.ts';
import { historyIds, historyJson, historyTable } from '../../../src/engine/compare/historyText.ts';

const id = `sha256:${'0123456789abcdef'.repeat(4)}`;
const now = new Date('2025-01-15T00:00:00Z');
const short = { isFull: false, isHuman: true, now };
const row = { id, created: '2025-01-01T00:00:00.9Z', createdBy: 'RUN\tmake', size: 112_500, comment: '' };

describe('historyTable', () => {
  it('is the table of docker', () => {
    const below = {
      id: '<missing>',
      created: undefined,
      createdBy: 'x'.repeat(46),
      size: 0,
      comment: 'a <comment>',
    };
    assert.equal(
      historyTable([row, below], short),
      'IMAGE          CREATED       CREATED BY                                      SIZE      COMMENT\n' +
        '0123456789ab   2 weeks ago   RUN make                                        112kB     \n' +
        `<missing>      N/A           ${'x'.repeat(44)}…   0B        a <comment>\n`,
    );
  });

  it('cuts and pads by columns, and breaks blocks at line breaks, as docker does', () => {
    const wide = { ...row, createdBy: '日本語'.repeat(10), comment: 'c' };
    const lines = historyTable([wide, { ...row, createdBy: 'a\nb' }], short).split('\n');
    assert.equal(lines[1], `0123456789ab   2 weeks ago   ${'日本語'.repeat(7)}日…   112kB     c`);
    assert.equal(lines[2], '0123456789ab   2 weeks ago   a');
    assert.equal(lines[3], 'b              112kB         ');
  });

  it('has only a heading for an image without history', () => {
    assert.equal(historyTable([], short), 'IMAGE     CREATED   CREATED BY   SIZE      COMMENT\n');
  });

  it('prints in full, in plain numbers, and ids alone', () => {
    const full = { isFull: true, isHuman: false, now };
    const time = localTime(Date.parse('2025-01-01T00:00:00Z') / 1000);
    assert.match(
      historyTable([row], full),
      new RegExp(
        `^IMAGE +CREATED AT +CREATED BY .*\n${id}   ${time.replace('+', '\\+')}   RUN make +112500 +\n$`,
      ),
    );
    assert.equal(historyIds([row], full), `${id}\n`);
    assert.equal(historyIds([row, { ...row, id: '<missing>' }], short), '0123456789ab\n<missing>\n');
  });

  it('writes JSON as Go does', () => {
    const [line] = historyJson([{ ...row, id: '<missing>', comment: 'a & b' }], {
      ...short,
      isHuman: false,
    }).split('\n');
    const time = localTime(Date.parse('2025-01-01T00:00:00Z') / 1000);
    assert.equal(
      line,
      `{"Comment":"a \\u0026 b","CreatedAt":"${time}","CreatedBy":"RUN make","CreatedSince":"${time}","ID":"\\u003cmissing\\u003e","Size":"112500"}`,
    );
  });
});

describe('dockerSize', () => {
  // Taken from Go's `%.3g`; the exact halves and the exponent are where JavaScript differs.
  const sizes = {
    0: '0B',
    999: '999B',
    1000: '1kB',
    1005: '1kB',
    1125: '1.12kB',
    1135: '1.14kB',
    112500: '112kB',
    113500: '114kB',
  };
  const more = {
    999_499: '999kB',
    999_500: '1e+03kB',
    1_000_000: '1MB',
    72_900_000: '72.9MB',
    5_550_000_000_000_000: '5.55PB',
  };
  for (const [bytes, text] of Object.entries({ ...sizes, ...more }))
    it(`${bytes} is ${text}`, () => {
      assert.equal(dockerSize(Number(bytes)), text);
    });
});

describe('dockerAge', () => {
  const hour = 3_600_000;
  const ages: readonly (readonly [milliseconds: number, text: string])[] = [
    [-5000, 'Less than a second'],
    [999, 'Less than a second'],
    [1000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, 'About a minute'],
    [hour / 2, '30 minutes'],
    [hour * 1.49, 'About an hour'],
    [hour * 1.5, '2 hours'],
    [hour * 47.5, '2 days'],
    [hour * 24 * 14, '2 weeks'],
    [hour * 24 * 60, '2 months'],
    [hour * 24 * 730, '2 years'],
  ];
  for (const [milliseconds, text] of ages)
    it(`${milliseconds} ms is ${text}`, () => {
      assert.equal(dockerAge(milliseconds), text);
    });
});

describe('alignColumns', () => {
  it('gives every run of lines that have a column one width', () => {
    assert.equal(
      alignColumns('a\tb\nlong-long-cell\tb\nx\na\tb\n'),
      'a                b\nlong-long-cell   b\nx\na         b\n',
    );
  });

  it('measures cells by columns of the terminal', () => {
    assert.equal(alignColumns('日本語日本語\tb\n'), '日本語日本語   b\n');
  });
});
