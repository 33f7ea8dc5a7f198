import assert from 'node:assert/strict';
import { formatLocalRfc3339, formatRfc3339, parseRfc3339 } from '../../../src/engine/base/rfc3339.ts';

describe('parseRfc3339', () => {
  it('keeps the instant, its fraction and its zone', () => {
    assert.deepEqual(parseRfc3339('2001-02-03T04:05:06.7+09:00'), {
      seconds: Date.UTC(2001, 1, 2, 19, 5, 6) / 1000,
      nanoseconds: 700_000_000,
      offsetMinutes: 540,
    });
    assert.equal(parseRfc3339('0001-01-01T00:00:00Z')?.seconds, -62_135_596_800);
    assert.equal(parseRfc3339('1969-12-31T23:59:59.5Z')?.seconds, -1);
  });

  for (const text of [
    '',
    'now',
    '2001-02-30T00:00:00Z',
    '2001-02-03',
    '2001-02-03T25:00:00Z',
    `${'1'.repeat(1e6)}Z`,
  ])
    it(`refuses ${text.slice(0, 20)}`, () => {
      assert.equal(parseRfc3339(text), undefined);
    });
});

describe('formatRfc3339', () => {
  const forms = {
    '2001-02-03T04:05:06.700+09:00': '2001-02-03T04:05:06.7+09:00',
    '2001-02-03T04:05:06.000Z': '2001-02-03T04:05:06Z',
    '2001-02-03T04:05:06+00:00': '2001-02-03T04:05:06Z',
    '2001-02-03T04:05:06.1234567891-03:30': '2001-02-03T04:05:06.123456789-03:30',
    '0001-01-01T00:00:00Z': '0001-01-01T00:00:00Z',
  };
  for (const [text, form] of Object.entries(forms))
    it(`writes ${text} as Go does`, () => {
      assert.equal(formatRfc3339(parseRfc3339(text)!), form);
    });
});

describe('formatLocalRfc3339', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const zones = {
    UTC: '2024-07-01T10:00:00Z',
    'Asia/Seoul': '2024-07-01T19:00:00+09:00',
    'America/St_Johns': '2024-07-01T07:30:00-02:30',
  };
  for (const [name, text] of Object.entries(zones))
    it(`writes the clock of ${name}`, () => {
      process.env['TZ'] = name;
      assert.equal(formatLocalRfc3339(Date.UTC(2024, 6, 1, 10) / 1000), text);
    });

  it('writes the clock of a zone that once differed by seconds, as Go does', () => {
    process.env['TZ'] = 'Asia/Seoul';
    assert.equal(formatLocalRfc3339(-62_135_596_800), '0001-01-01T08:27:52+08:27');
  });
});
