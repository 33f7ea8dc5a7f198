import assert from 'node:assert/strict';
import { dockerDuration, dockerSize, formatSignificant } from '../../../src/engine/base/humanize.ts';

describe('dockerSize', () => {
  // Taken from Go's `%.3g`; the exact halves and the exponent are where JavaScript differs.
  const sizes: readonly (readonly [bytes: number, text: string])[] = [
    [0, '0B'],
    [1, '1B'],
    [999, '999B'],
    [1000, '1kB'],
    [1005, '1kB'],
    [1015, '1.01kB'],
    [1125, '1.12kB'],
    [1135, '1.14kB'],
    [112_500, '112kB'],
    [113_500, '114kB'],
    [999_499, '999kB'],
    [999_500, '1e+03kB'],
    [999_999, '1e+03kB'],
    [1_000_000, '1MB'],
    [72_900_000, '72.9MB'],
    [1_220_598, '1.22MB'],
    [999_500_000, '1e+03MB'],
    [5_550_000_000_000_000, '5.55PB'],
    [Number.MAX_SAFE_INTEGER, '9.01PB'],
  ];
  for (const [bytes, text] of sizes)
    it(`${bytes} is ${text}`, () => {
      assert.equal(dockerSize(bytes), text);
    });

  it('takes four digits for totals', () => {
    assert.equal(dockerSize(1_220_598, 4), '1.221MB');
    assert.equal(dockerSize(999_950, 4), '1000kB');
  });
});

describe('formatSignificant', () => {
  it('writes what Go writes with %.3g', () => {
    const values: readonly (readonly [number, string])[] = [
      [0.00001234, '1.23e-05'],
      [0.0001234, '0.000123'],
      [0.1, '0.1'],
      [100, '100'],
      [123_456, '1.23e+05'],
      [-1.125, '-1.12'],
    ];
    for (const [value, text] of values) assert.equal(formatSignificant(value, 3), text);
  });
});

describe('dockerDuration', () => {
  const hour = 3600;
  const ages: readonly (readonly [seconds: number, text: string])[] = [
    [-5, 'Less than a second'],
    [0.999, 'Less than a second'],
    [1, '1 second'],
    [59.999, '59 seconds'],
    [60, 'About a minute'],
    [119.9, 'About a minute'],
    [hour / 2, '30 minutes'],
    [hour - 1, '59 minutes'],
    [hour, 'About an hour'],
    [hour * 1.49, 'About an hour'],
    [hour * 1.5, '2 hours'],
    [hour * 47.49, '47 hours'],
    [hour * 47.5, '2 days'],
    [hour * 24 * 14, '2 weeks'],
    [hour * 24 * 60, '2 months'],
    [hour * 24 * 730 - 1, '1 years'],
    [hour * 24 * 729, '24 months'],
    [hour * 24 * 730, '2 years'],
  ];
  for (const [seconds, text] of ages)
    it(`${seconds} s is ${text}`, () => {
      assert.equal(dockerDuration(seconds), text);
    });
});
