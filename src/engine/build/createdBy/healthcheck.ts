import type { Instruction } from '../dockerfile/ast.ts';
import { flagText } from '../dockerfile/flags.ts';
import { goQuote } from '../dockerfile/goText.ts';
import { goDuration, nanosecondsOf } from './goDuration.ts';
import { listText, quotedListText } from './listText.ts';

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
  const time = (name: string): number => nanosecondsOf(flagText(instruction, name)?.text ?? '');
  return {
    test: testOf(instruction),
    interval: time('interval'),
    timeout: time('timeout'),
    startPeriod: time('start-period'),
    startInterval: time('start-interval'),
    retries: Number(flagText(instruction, 'retries')?.text ?? 0),
  };
}

/** A healthcheck as Go prints it: with the names of its members now, as plain values since 0.12, and before. */
export function healthcheckTexts(check: Healthcheck): readonly [named: string, ...plain: string[]] {
  const { test, retries } = check;
  const [interval, timeout, period, start] = [
    goDuration(check.interval),
    goDuration(check.timeout),
    goDuration(check.startPeriod),
    goDuration(check.startInterval),
  ] as const;
  const plain = (durations: readonly string[]): string =>
    `{${quotedListText(test)} ${durations.map(goQuote).join(' ')} ${quotedRune(retries)}}`;
  return [
    `{Test:${listText(test)} Interval:${interval} Timeout:${timeout} StartPeriod:${period} StartInterval:${start} Retries:${retries}}`,
    plain([interval, timeout, period, start]),
    plain([interval, timeout, period]),
  ];
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
