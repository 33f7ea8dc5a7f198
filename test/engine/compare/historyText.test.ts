import assert from 'node:assert/strict';
import { formatLocalRfc3339 } from '../../../src/engine/base/rfc3339.ts';
import { historyIds, historyJson, historyTable } from '../../../src/engine/compare/historyText.ts';

const id = `sha256:${'0123456789abcdef'.repeat(4)}`;
const now = new Date('2025-01-15T00:00:00Z');
const short = { isFull: false, isHuman: true, now };
const row = {
  id,
  created: '2025-01-01T00:00:00.9Z',
  createdBy: 'RUN\tmake',
  size: 112_500,
  comment: '',
  layer: 0,
};

describe('historyTable', () => {
  it('is the table of docker', () => {
    const below = {
      id: '<missing>',
      created: undefined,
      createdBy: 'x'.repeat(46),
      size: 0,
      comment: 'a <comment>',
      layer: undefined,
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
    const time = formatLocalRfc3339(Date.parse('2025-01-01T00:00:00Z') / 1000);
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
    const time = formatLocalRfc3339(Date.parse('2025-01-01T00:00:00Z') / 1000);
    assert.equal(
      line,
      `{"Comment":"a \\u0026 b","CreatedAt":"${time}","CreatedBy":"RUN make","CreatedSince":"${time}","ID":"\\u003cmissing\\u003e","Size":"112500"}`,
    );
  });
});
