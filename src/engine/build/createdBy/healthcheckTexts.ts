import type { Instruction } from '../dockerfile/ast.ts';
import { flagText } from '../dockerfile/flags.ts';
import { goQuote } from '../dockerfile/goText.ts';
import { listText } from './listText.ts';

/** HEALTHCHECK as the newest frontends write it, as those since 0.12 do, and as older ones do. */
export function healthcheckTexts(instruction: Instruction): readonly string[] {
  const test = testOf(instruction);
  const durationOf = (name: string): string => durationText(flagText(instruction, name)?.text ?? '');
  const [interval, timeout, period, start] = [
    durationOf('interval'),
    durationOf('timeout'),
    durationOf('start-period'),
    durationOf('start-interval'),
  ] as const;
  const retries = Number(flagText(instruction, 'retries')?.text ?? 0);
  const newest = `{Test:${listText(test)} Interval:${interval} Timeout:${timeout} StartPeriod:${period} StartInterval:${start} Retries:${retries}}`;
  const quoted = (durations: readonly string[]): string =>
    `&{[${test.map(goQuote).join(' ')}] ${durations.map(goQuote).join(' ')} ${quotedRune(retries)}}`;
  const forms = [newest, quoted([interval, timeout, period, start]), quoted([interval, timeout, period])];
  return forms.map((form) => `HEALTHCHECK ${form}`);
}

function testOf({ args, isJson }: Instruction): readonly string[] {
  const [kind, ...words] = args.map(({ text }) => text);
  if (kind?.toUpperCase() === 'NONE') return ['NONE'];
  return isJson ? ['CMD', ...words] : ['CMD-SHELL', words.join(' ')];
}

/** A number as Go's `%q` writes it. */
function quotedRune(code: number): string {
  const quoted = goQuote(String.fromCodePoint(Math.min(Math.max(code, 0), 0x10ffff))).slice(1, -1);
  return `'${quoted === '\\"' ? '"' : quoted === "'" ? "\\'" : quoted}'`;
}

/** A duration as Go's `String` writes it: `1m30s`, `1.5s`, `100ms`. */
function durationText(written: string): string {
  const parts = written.matchAll(/([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g);
  const nanoseconds = [...parts].reduce(
    (sum, [, digits, unit]) => sum + Math.round(Number(digits) * (units[unit ?? ''] ?? 0)),
    0,
  );
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e9) return shortText(nanoseconds);
  const seconds = nanoseconds / 1e9;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(9))}s`;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}`;
}

function shortText(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  return nanoseconds < 1e6 ? `${nanoseconds / 1e3}µs` : `${nanoseconds / 1e6}ms`;
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};
