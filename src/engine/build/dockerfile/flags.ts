import type { FlagWord, Instruction, InstructionName, Word } from './ast.ts';
import type { CommandFailure } from './commandFailure.ts';

type FlagKind = 'switch' | 'text' | 'texts';

/** The flags that an instruction takes (BuildKit, `instructions/parse.go`). */
const flagKinds: Readonly<Partial<Record<InstructionName, Readonly<Record<string, FlagKind>>>>> = {
  ADD: {
    chown: 'text',
    chmod: 'text',
    link: 'switch',
    'keep-git-dir': 'switch',
    checksum: 'text',
    unpack: 'switch',
    exclude: 'texts',
  },
  COPY: { chown: 'text', from: 'text', chmod: 'text', link: 'switch', exclude: 'texts', parents: 'switch' },
  FROM: { platform: 'text' },
  HEALTHCHECK: {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  },
  RUN: { mount: 'texts', network: 'text', security: 'text', device: 'texts' },
};

/** BuildKit does not look at the flags of these. */
const unchecked = new Set<InstructionName | undefined>(['ARG', 'STOPSIGNAL']);

/** Why BuildKit refuses the flags of the instruction; undefined when it takes them. */
export function checkFlags({ name, flags }: Instruction): CommandFailure | undefined {
  if (unchecked.has(name)) return undefined;
  const kinds: Readonly<Record<string, FlagKind>> = name === undefined ? {} : (flagKinds[name] ?? {});
  const seen = new Set<string>();
  for (const flag of flags) {
    const kind = Object.hasOwn(kinds, flag.name) ? kinds[flag.name] : undefined;
    const failure = kind === undefined ? unknownFlag(flag) : checkFlag(flag, kind, seen);
    if (failure !== undefined) return failure;
    seen.add(flag.name);
  }
  return undefined;
}

function unknownFlag(flag: FlagWord): CommandFailure {
  return { code: 'unknown-flag', message: `unknown flag: --${flag.name}`, range: flag.range };
}

function checkFlag(flag: FlagWord, kind: FlagKind, seen: ReadonlySet<string>): CommandFailure | undefined {
  const { name, value, range } = flag;
  if (seen.has(name) && kind !== 'texts')
    return { code: 'flag-repeated', message: `duplicate flag specified: --${name}`, range };
  const isMissing = kind === 'switch' ? value?.text === '' : value === undefined;
  if (isMissing) return { code: 'flag-value', message: `missing a value on flag: --${name}`, range };
  if (kind !== 'switch' || value === undefined || /^(?:true|false)$/i.test(value.text)) return undefined;
  const message = `expecting boolean value for flag --${name}, not: ${value.text}`;
  return { code: 'flag-value', message, range };
}

/** The value of a flag that is there at most once. */
export function flagText({ flags }: Instruction, name: string): Word | undefined {
  return flags.find((flag) => flag.name === name)?.value;
}

export function flagTexts({ flags }: Instruction, name: string): readonly Word[] {
  return flags
    .filter((flag) => flag.name === name)
    .map(({ value }) => value)
    .filter((value) => value !== undefined);
}

/** Undefined when the flag is not there. */
export function flagSwitch({ flags }: Instruction, name: string): boolean | undefined {
  const flag = flags.find((each) => each.name === name);
  return flag && flag.value?.text.toLowerCase() !== 'false';
}
