const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go reads it, in nanoseconds. What is no duration is none. */
export function nanosecondsOf(text: string): number {
  const parts = text.matchAll(/([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/g);
  return [...parts].reduce(
    (sum, [, digits, unit]) => sum + Math.round(Number(digits) * (nanoseconds[unit ?? ''] ?? 0)),
    0,
  );
}

/** Nanoseconds as Go prints a duration: `1h0m0s`, `1.5s`, `20ms`. */
export function goDuration(total: number): string {
  if (total === 0) return '0s';
  if (total < 1e3) return `${total}ns`;
  if (total < 1e6) return `${total / 1e3}µs`;
  if (total < 1e9) return `${total / 1e6}ms`;
  const [hours, minutes] = [Math.floor(total / 3600e9), Math.floor(total / 60e9) % 60];
  const seconds = `${(total % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
