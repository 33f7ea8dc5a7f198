import { UsageError } from './usageError.ts';

/** An option a command takes. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** The values allowed, where they are a list. */
  readonly choices?: readonly string[];
}

/** Arguments after parsing: every option was asked for by the command, every value is of its choices. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #options: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], options: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#options = options;
  }

  /** Whether a switch is on; `--name=false` turns it off. */
  isOn(name: string, byDefault = false): boolean {
    const value = this.value(name);
    return value === undefined ? byDefault : value === 'true';
  }

  /** The last one, where it was given several times. */
  value(name: string): string | undefined {
    return this.#options.get(name)?.at(-1);
  }

  /** Every one, in the order given. */
  values(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }

  /** @throws UsageError when the value is not a whole number from 0 up. */
  number(name: string): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name}`, `${text} is not a number`);
    return Number(text);
  }
}

/**
 * Parses arguments as people type them: `--name value`, `--name=value`, `-o value`, `-lR`, and `--` before what only
 * looks like an option. Options may stand anywhere. A lone `-` is an argument.
 *
 * @throws UsageError for an unknown option, a missing or an unexpected value.
 */
export function parseArguments(args: readonly string[], specs: readonly OptionSpec[]): Arguments {
  const positionals: string[] = [];
  const options = new Map<string, string[]>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') positionals.push(...rest.splice(0));
    else if (arg.startsWith('--')) takeLong(arg, rest, specs, options);
    else if (arg.startsWith('-') && arg !== '-') takeShort(arg, rest, specs, options);
    else positionals.push(arg);
  }
  return new Arguments(positionals, options);
}

function takeLong(
  arg: string,
  rest: string[],
  specs: readonly OptionSpec[],
  options: Map<string, string[]>,
): void {
  const equals = arg.indexOf('=');
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new UsageError(`--${name}`, 'there is no such option');
  add(options, name, valueOf(spec, `--${name}`, equals < 0 ? undefined : arg.slice(equals + 1), rest));
}

/** `-lR` is `-l -R`; what follows a letter that takes a value is the value. */
function takeShort(
  arg: string,
  rest: string[],
  specs: readonly OptionSpec[],
  options: Map<string, string[]>,
): void {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg.charAt(at);
    const spec = specs.find((candidate) => candidate.short === letter);
    if (spec === undefined) throw new UsageError(`-${letter}`, 'there is no such option');
    const attached = spec.value === undefined ? '' : arg.slice(at + 1).replace(/^=/, '');
    add(options, spec.name, valueOf(spec, `-${letter}`, attached === '' ? undefined : attached, rest));
    if (spec.value !== undefined) return;
  }
}

function add(options: Map<string, string[]>, name: string, value: string): void {
  const known = options.get(name);
  if (known === undefined) options.set(name, [value]);
  else known.push(value);
}

function valueOf(spec: OptionSpec, typed: string, attached: string | undefined, rest: string[]): string {
  const value = attached ?? (spec.value === undefined ? 'true' : rest.shift());
  if (value === undefined) throw new UsageError(typed, `a value is missing: ${spec.value ?? ''}`);
  const choices = spec.value === undefined ? ['true', 'false'] : spec.choices;
  if (choices !== undefined && !choices.includes(value))
    throw new UsageError(typed, `${value} is not one of ${choices.join(', ')}`);
  return value;
}
