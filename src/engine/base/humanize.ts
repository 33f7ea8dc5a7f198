// Numbers and spans as docker prints them, digit for digit (docker/go-units and Go's fmt).

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/**
 * Bytes as docker's SIZE columns have them: units of 1000, three digits, no blank (`1.22MB`).
 *
 * @param digits significant digits; `docker system df` uses four for totals.
 */
export function dockerSize(bytes: number, digits = 3): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < sizeUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${formatSignificant(value, digits)}${sizeUnits[unit] ?? ''}`;
}

/**
 * Go's `%.Ng`: exact halves round to even, where JavaScript rounds them up, and an exponent appears as soon as the
 * rounded number has more than N digits before the point (`1e+03`).
 */
export function formatSignificant(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const { digits: kept, exponent } = roundHalfEven(Math.abs(value), digits);
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= digits) return `${sign}${scientific(kept, exponent)}`;
  return `${sign}${plain(kept, exponent)}`;
}

interface Decimal {
  /** Without trailing zeros. */
  readonly digits: string;
  /** Of the first digit. */
  readonly exponent: number;
}

function roundHalfEven(value: number, count: number): Decimal {
  // A double between 2^-20 and 2^80 has fewer than 100 digits, so this is its exact value.
  const [mantissa = '', power = '0'] = value.toExponential(99).split('e');
  const all = mantissa.replace('.', '');
  const rest = all.slice(count).replace(/0+$/, '');
  const isHalf = rest === '5';
  const isOdd = Number(all.charAt(count - 1)) % 2 === 1;
  const up = isHalf ? isOdd : rest > '5';
  const rounded = String(Number(all.slice(0, count)) + (up ? 1 : 0));
  return { digits: rounded.replace(/0+$/, ''), exponent: Number(power) + rounded.length - count };
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.slice(1);
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0)}${fraction === '' ? '' : `.${fraction}`}e${exponent < 0 ? '-' : '+'}${power}`;
}

function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** A span as docker's CREATED columns have it, without `ago`: `About an hour`, `3 weeks`. */
export function dockerDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(Math.trunc(seconds / 3600) / 24 / 365)} years`;
}
