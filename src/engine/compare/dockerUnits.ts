/** A number of bytes as docker's SIZE columns have it: base 1000, three digits, `112kB`. */
export function dockerSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${generalFormat(value)}${units[unit] ?? ''}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/**
 * A number in [0, 1000) as Go's `%.3g` writes it. JavaScript's `toPrecision` differs twice: it rounds exact halves up
 * where Go rounds them to even, and what rounds up to 1000 keeps its digits where Go turns to `1e+03`.
 */
function generalFormat(value: number): string {
  if (value === 0) return '0';
  // A hundred digits are all a number of this size has: nothing is rounded yet.
  const [digits = '', exponent = '0'] = value.toExponential(100).replace('.', '').split('e');
  const kept = Number(digits.slice(0, 3));
  const rest = digits.slice(3);
  const isHalf = /^50*$/.test(rest);
  const rounded = kept + ((isHalf ? kept % 2 === 1 : rest >= '5') ? 1 : 0);
  const text = Number(`${rounded}e${Number(exponent) - 2}`);
  return text >= 1000 ? '1e+03' : String(text);
}

/** How long ago, as docker's CREATED columns say it, without the "ago" (go-units, `HumanDuration`). */
export function dockerAge(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(milliseconds / 60_000);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(milliseconds / 3_600_000 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 14) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 60) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 730) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(Math.trunc(milliseconds / 3_600_000) / 24 / 365)} years`;
}

/** Seconds since 1970 in RFC 3339, in the zone of this process. */
export function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().replace(/^\+0*/, '').slice(0, -5);
  return `${local}${offset === 0 ? 'Z' : zoneText(offset)}`;
}

function zoneText(offset: number): string {
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}
