import type { Instruction } from '../dockerfile/ast.ts';
import { goQuote } from '../dockerfile/goText.ts';
import { flagText } from '../dockerfile/flags.ts';

/** A list as Go's `%v` prints it. */
export function goList(texts: readonly string[]): string {
  return `[${texts.join(' ')}]`;
}

/** A list as Go's `%q` prints it. */
export function goQuotedList(texts: readonly string[]): string {
  return `[${texts.map(goQuote).join(' ')}]`;
}

/** A HEALTHCHECK as the config keeps it, times in nanoseconds. */
export interface Healthcheck {
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export function healthcheckOf(instruction: Instruction): Healthcheck {
  const [kind, ...command] = instruction.args.map(({ text }) => text);
  const time = (name: string): number => nanosecondsOf(flagText(instruction, name)?.text ?? '');
  const shell = instruction.isJson ? ['CMD', ...command] : ['CMD-SHELL', command.join(' ')];
  return {
    test: kind?.toUpperCase() === 'NONE' ? ['NONE'] : shell,
    interval: time('interval'),
    timeout: time('timeout'),
    startPeriod: time('start-period'),
    startInterval: time('start-interval'),
    retries: Number(flagText(instruction, 'retries')?.text ?? '0'),
  };
}

/** The texts that engines of different ages have for one HEALTHCHECK. */
export function healthcheckTexts(healthcheck: Healthcheck): readonly string[] {
  const { test, retries } = healthcheck;
  const interval = goDuration(healthcheck.interval);
  const timeout = goDuration(healthcheck.timeout);
  const startPeriod = goDuration(healthcheck.startPeriod);
  const startInterval = goDuration(healthcheck.startInterval);
  const old = `HEALTHCHECK &{${goQuotedList(test)} "${interval}" "${timeout}" "${startPeriod}"`;
  const times = `Interval:${interval} Timeout:${timeout} StartPeriod:${startPeriod} StartInterval:${startInterval}`;
  return [
    `${old} ${goRune(retries)}}`,
    `${old} "${startInterval}" ${goRune(retries)}}`,
    `HEALTHCHECK &{Test:${goList(test)} ${times} Retries:${retries}}`,
  ];
}

/** A number as `%q` prints it: a character. */
function goRune(code: number): string {
  if (code === 0x27) return "'\\''";
  const quoted = goQuote(String.fromCodePoint(code)).slice(1, -1);
  return `'${quoted === '\\"' ? '"' : quoted}'`;
}

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

/** What is no duration is none. */
function nanosecondsOf(text: string): number {
  const parts = text.matchAll(/([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/g);
  return [...parts].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * (nanoseconds[unit ?? ''] ?? 0),
    0,
  );
}

/** A duration as Go prints it: `1h0m0s`, `1.5s`, `20ms`. */
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
