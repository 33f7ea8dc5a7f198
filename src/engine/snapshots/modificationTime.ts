import { EngineError } from '../base/errors.ts';

/**
 * Decimal seconds since 1970 as layers' indexes write them, so that equal times are equal texts: nine places or none.
 *
 * @throws EngineError `internal` for anything but decimal seconds.
 */
export function toModificationTime(seconds: string): string {
  const match = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(seconds);
  if (match === null) throw new EngineError('internal', seconds, 'not a time in decimal seconds');
  const part = (match[2] ?? '').padEnd(9, '0');
  return /^0+$/.test(part) ? (match[1] ?? '0') : `${match[1] ?? '0'}.${part}`;
}

/** This moment, to the millisecond. */
export function currentModificationTime(): string {
  const ms = Date.now();
  return toModificationTime(`${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`);
}
