import type { Instruction } from './ast.ts';
import { checkFlags, flagText } from './flags.ts';
import { goQuote } from './goText.ts';
import type { CommandFailure } from './commandFailure.ts';

/** Why BuildKit refuses a HEALTHCHECK that has arguments. */
export function healthcheckFailure(instruction: Instruction): CommandFailure | undefined {
  const [kind, ...command] = instruction.args;
  if (kind === undefined) return undefined;
  const refused = (message: string): CommandFailure => ({
    code: 'argument-invalid',
    message,
    range: kind.range,
  });
  const name = kind.text.toUpperCase();
  if (name === 'NONE') return command.length > 0 ? refused('HEALTHCHECK NONE takes no arguments') : undefined;
  const flags = checkFlags(instruction);
  if (flags !== undefined) return flags;
  if (name !== 'CMD') return refused(`Unknown type ${goQuote(name)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) return refused('Missing command after HEALTHCHECK CMD');
  return durationFailure(instruction) ?? retriesFailure(instruction);
}

function durationFailure(instruction: Instruction): CommandFailure | undefined {
  for (const name of ['interval', 'timeout', 'start-period', 'start-interval']) {
    const value = flagText(instruction, name);
    if (value === undefined || value.text === '') continue;
    const seconds = durationOf(value.text);
    const message =
      seconds === undefined
        ? `time: invalid duration ${goQuote(value.text)}`
        : `Interval ${goQuote(name)} cannot be less than 1ms`;
    const isFine = seconds !== undefined && (seconds === 0 || seconds >= 0.001);
    if (!isFine) return { code: 'flag-value', message, range: value.range };
  }
  return undefined;
}

/** In seconds; undefined when it is none to Go's `ParseDuration`. */
function durationOf(text: string): number | undefined {
  if (/^[-+]?0$/.test(text)) return 0;
  if (!/^[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g);
  const sum = [...parts].reduce(
    (total, [, digits, unit]) => total + Number(digits) * (units[unit ?? ''] ?? 0),
    0,
  );
  return text.startsWith('-') ? -sum : sum;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

function retriesFailure(instruction: Instruction): CommandFailure | undefined {
  const value = flagText(instruction, 'retries');
  if (value === undefined || value.text === '') return undefined;
  const { text, range } = value;
  if (!/^[-+]?[0-9]+$/.test(text))
    return {
      code: 'flag-value',
      message: `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`,
      range,
    };
  if (Number(text) >= 0) return undefined;
  return { code: 'flag-value', message: `--retries cannot be negative (${Number(text)})`, range };
}
