/** An instant as RFC 3339 writes it, with its own zone. */
export interface Timestamp {
  /** Whole seconds since 1970, rounded down. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

const grammar = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,30}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Parses RFC 3339 as Go's JSON decoder does; undefined for anything else, a day that does not exist included. */
export function parseRfc3339(text: string): Timestamp | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , fraction = '', sign = '+', zoneHours = '0', zoneMinutes = '0'] = match;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  return {
    seconds: date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset * 60,
    nanoseconds: Number(fraction.slice(0, 9).padEnd(9, '0')),
    offsetMinutes: offset,
  };
}

/** The instant in its own zone, with as many places as it needs (Go's `time.RFC3339Nano`). */
export function formatRfc3339(timestamp: Timestamp): string {
  const { seconds, nanoseconds, offsetMinutes } = timestamp;
  const clock = clockText(seconds + offsetMinutes * 60);
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  return `${clock}${fraction}${zoneText(offsetMinutes)}`;
}

/** An instant in this machine's zone, without a fraction (Go's `time.RFC3339`). */
export function formatLocalRfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  // By the clock, not by the offset: before 1900 zones differ by seconds too, which the offset leaves out.
  const clock = new Date(0);
  clock.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate());
  clock.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds());
  return `${clockText(clock.getTime() / 1000)}${zoneText(Math.trunc(-date.getTimezoneOffset()))}`;
}

function clockText(seconds: number): string {
  const date = new Date(seconds * 1000);
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${year}-${date.toISOString().slice(-19, -5)}`;
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z';
  const size = Math.abs(offsetMinutes);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
