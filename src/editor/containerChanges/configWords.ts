import { isEngineError, withConfigChanges } from '../../engine/index.ts';

/** What of an image's config a commit can change, by the instruction that does, in the order of a Dockerfile. */
export const instructions = [
  'ENTRYPOINT',
  'CMD',
  'USER',
  'WORKDIR',
  'ENV',
  'EXPOSE',
  'VOLUME',
  'LABEL',
  'STOPSIGNAL',
] as const;

export type Instruction = (typeof instructions)[number];

/** Instructions that add to what is there, each by its names. */
export type SetInstruction = 'ENV' | 'EXPOSE' | 'VOLUME' | 'LABEL';

/** The `config` member of an image. */
export type Config = Readonly<Record<string, unknown>>;

const members = {
  CMD: 'Cmd',
  ENTRYPOINT: 'Entrypoint',
  USER: 'User',
  WORKDIR: 'WorkingDir',
  STOPSIGNAL: 'StopSignal',
  ENV: 'Env',
  EXPOSE: 'ExposedPorts',
  VOLUME: 'Volumes',
  LABEL: 'Labels',
} as const satisfies Record<Instruction, string>;

export function isInstruction(text: string): text is Instruction {
  return instructions.some((each) => each === text);
}

export function isSet(instruction: Instruction): instruction is SetInstruction {
  return (
    instruction === 'ENV' || instruction === 'EXPOSE' || instruction === 'VOLUME' || instruction === 'LABEL'
  );
}

/** What the config has, as the instruction would set it; empty for nothing. */
export function textOf(config: Config, instruction: Instruction): string {
  if (isSet(instruction)) return [...wordsIn(config, instruction).values()].join(' ');
  const value = config[members[instruction]];
  return Array.isArray(value) ? listText(textsOf(value)) : oneText(value);
}

/** The config once the instruction has set it; undefined when the engine does not understand the text. */
export function setBy(instruction: Instruction, text: string, config: Config = {}): Config | undefined {
  try {
    return withConfigChanges(config, [`${instruction} ${text}`]);
  } catch (error) {
    if (isEngineError(error, 'invalid-config')) return undefined;
    throw error;
  }
}

/**
 * Each value by its name, as a word of the instruction. One that a line cannot say, as a label of several lines, is left
 * out: it stays as it is.
 */
export function wordsIn(config: Config, instruction: SetInstruction): ReadonlyMap<string, string> {
  const values = [...valuesOf(config, instruction)];
  const words = values.map(([name, text]) => [name, wordOf(text, instruction)] as const);
  return new Map(
    words.filter(([name, word], at) => isSaidBy(word, instruction, name, values[at]?.[1] ?? '')),
  );
}

/** Each value by its name: `PATH=/bin` of `PATH`; of what has only a name, the name. */
function valuesOf(config: Config, instruction: SetInstruction): ReadonlyMap<string, string> {
  const value = config[members[instruction]];
  if (instruction === 'ENV')
    return new Map(textsOf(value).map((variable) => [variable.split('=', 1)[0] ?? '', variable]));
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(
    Object.entries(value).map(([name, text]) => [
      name,
      instruction === 'LABEL' ? `${name}=${oneText(text)}` : name,
    ]),
  );
}

function isSaidBy(word: string, instruction: SetInstruction, name: string, text: string): boolean {
  // eslint-disable-next-line no-control-regex -- an input box takes no line breaks and the like.
  if (/[\u0000-\u001f\u007f]/.test(word)) return false;
  const read = setBy(instruction, word);
  return read !== undefined && valuesOf(read, instruction).get(name) === text;
}

/** A word as the engine's parser reads it back; of a pair, name and value are quoted each. */
function wordOf(text: string, instruction: SetInstruction): string {
  const equals = instruction === 'ENV' || instruction === 'LABEL' ? text.indexOf('=') : -1;
  return equals < 0 ? quoted(text) : `${quoted(text.slice(0, equals))}=${quoted(text.slice(equals + 1))}`;
}

function quoted(text: string): string {
  return /^[^\s"'\\$[]*$/.test(text) ? text : `"${text.replace(/["\\$]/g, '\\$&')}"`;
}

function listText(list: readonly string[]): string {
  return list.length === 0 ? '' : `[${list.map((each) => JSON.stringify(each)).join(', ')}]`;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function oneText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
