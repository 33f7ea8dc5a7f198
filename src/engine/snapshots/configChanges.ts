import { posix } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { asList, asObject, type JsonObject } from '../oci/json.ts';
import { mergedHealthcheck, parseHealthcheck } from './healthcheck.ts';
import { expandText, rawWordsOf, type ShellVariables } from './shellWords.ts';

/**
 * The `config` member of an image after instructions as `docker commit --change` takes them, one a text: CMD, ENTRYPOINT,
 * ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, USER, VOLUME, WORKDIR; and STOPSIGNAL. As with docker, an ENTRYPOINT takes the
 * image's CMD away unless a CMD is given too, an empty one is none, and the image's own ONBUILD does not go on. Variables
 * are replaced by those of the config.
 *
 * @throws EngineError `invalid-config` for another instruction or a form that is not understood.
 */
export function withConfigChanges(config: JsonObject, changes: readonly string[]): JsonObject {
  const image = Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'OnBuild'));
  return merged(changes.reduce<JsonObject>(applyChange, image), image, changes);
}

function applyChange(config: JsonObject, change: string): JsonObject {
  const { name, text } = partsOf(change);
  const next = text === '' ? undefined : instructions.get(name)?.(config, text);
  if (next !== undefined) return { ...config, ...next };
  throw new EngineError('invalid-config', change, 'not a change that an image can take');
}

/** An instruction's name and what follows it; lines that end with a backslash go on. */
function partsOf(change: string): { readonly name: string; readonly text: string } {
  const joined = change.replace(/\\[ \t]*\n/g, '');
  const [, name = '', text = ''] = /^\s*([A-Za-z]+)\s+(\S[^]*?)\s*$/.exec(joined) ?? [];
  return { name: name.toUpperCase(), text };
}

/** What the instruction sets; undefined when its text is not understood. */
type Instruction = (config: JsonObject, text: string) => JsonObject | undefined;

const instructions: ReadonlyMap<string, Instruction> = new Map<string, Instruction>([
  ['CMD', (_, text) => ({ Cmd: commandOf(text) })],
  ['ENTRYPOINT', (_, text) => ({ Entrypoint: commandOf(text) })],
  [
    'ENV',
    (config, text) =>
      withAll(pairsOf(config, text), (pairs) => ({ Env: withVariables(asTexts(config['Env']), pairs) })),
  ],
  [
    'EXPOSE',
    (config, text) =>
      withAll(wordsOf(config, text).flatMap(portsOf), (ports) => withKeys(config, 'ExposedPorts', ports)),
  ],
  [
    'HEALTHCHECK',
    (_, text) => {
      const check = parseHealthcheck(text, listOf);
      return check && { Healthcheck: check };
    },
  ],
  [
    'LABEL',
    (config, text) =>
      withAll(pairsOf(config, text), (pairs) => ({
        Labels: { ...asObject(config['Labels']), ...Object.fromEntries(pairs) },
      })),
  ],
  ['ONBUILD', (config, text) => ({ OnBuild: [...asTexts(config['OnBuild']), text] })],
  ['STOPSIGNAL', (config, text) => withText(config, text, (signal) => ({ StopSignal: signal }))],
  ['USER', (config, text) => withText(config, text, (user) => ({ User: user }))],
  [
    'VOLUME',
    (config, text) => withAll(volumesOf(config, text), (paths) => withKeys(config, 'Volumes', paths)),
  ],
  [
    'WORKDIR',
    (config, text) =>
      withText(config, text, (path) => ({ WorkingDir: directoryOf(config['WorkingDir'], path) })),
  ],
]);

function directoryOf(before: unknown, path: string): string {
  return posix.resolve('/', typeof before === 'string' ? before : '', path);
}

function volumesOf(config: JsonObject, text: string): readonly (string | undefined)[] {
  return listOf(text)?.map((path) => expandText(path, variablesOf(config))) ?? wordsOf(config, text);
}

function withText(
  config: JsonObject,
  text: string,
  use: (text: string) => JsonObject,
): JsonObject | undefined {
  const expanded = expandText(text, variablesOf(config));
  return expanded === undefined ? undefined : use(expanded);
}

/** A JSON list is the command itself; other text is for the shell. */
function commandOf(text: string): readonly string[] {
  return listOf(text) ?? ['/bin/sh', '-c', text];
}

function listOf(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

type Pair = readonly [name: string, value: string];

/** `NAME=VALUE …`, or the older `NAME VALUE`. */
function pairsOf(config: JsonObject, text: string): readonly (Pair | undefined)[] {
  const words = rawWordsOf(text);
  const [first = ''] = words;
  const isOld = !first.includes('=');
  const raw = isOld ? [[first, text.slice(first.length).trimStart()]] : words.map(halvesOf);
  if (isOld && words.length < 2) return [undefined];
  return raw.map(([rawName = '', rawValue]) => {
    const name = expandText(rawName, variablesOf(config));
    const value = rawValue === undefined ? undefined : expandText(rawValue, variablesOf(config));
    return name === undefined || name === '' || value === undefined ? undefined : [name, value];
  });
}

function halvesOf(word: string): readonly string[] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function wordsOf(config: JsonObject, text: string): readonly (string | undefined)[] {
  return rawWordsOf(text).map((word) => expandText(word, variablesOf(config)));
}

function variablesOf({ Env }: JsonObject): ShellVariables {
  return new Map(
    asTexts(Env).map((variable) => [nameOf(variable), variable.slice(nameOf(variable).length + 1)]),
  );
}

/** Each port of a range. */
function portsOf(word = ''): readonly (string | undefined)[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || last < first || last > 65_535) return [undefined];
  const protocol = match[3]?.toLowerCase() ?? 'tcp';
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`);
}

function withAll<T>(
  values: readonly (T | undefined)[] | undefined,
  use: (values: readonly T[]) => JsonObject,
): JsonObject | undefined {
  const known = values?.filter((value) => value !== undefined);
  return known === undefined || known.length === 0 || known.length < (values?.length ?? 0)
    ? undefined
    : use(known);
}

function withKeys(config: JsonObject, member: string, keys: readonly string[]): JsonObject {
  return { [member]: { ...asObject(config[member]), ...Object.fromEntries(keys.map((key) => [key, {}])) } };
}

function withVariables(before: readonly string[], pairs: readonly Pair[]): readonly string[] {
  const all = new Map(before.map((variable) => [nameOf(variable), variable]));
  for (const [name, value] of pairs) all.set(name, `${name}=${value}`);
  return [...all.values()];
}

/** What was asked for, where it says nothing what the image has. */
function merged(own: JsonObject, image: JsonObject, changes: readonly string[]): JsonObject {
  const names = new Set(changes.map((change) => partsOf(change).name));
  const command = names.has('ENTRYPOINT') && !names.has('CMD') ? [] : asTexts(own['Cmd']);
  const hasEntry = asTexts(own['Entrypoint']).length > 0;
  const all: JsonObject = {
    ...own,
    Entrypoint: hasEntry ? own['Entrypoint'] : image['Entrypoint'],
    Cmd: hasEntry || command.length > 0 ? command : image['Cmd'],
    Healthcheck: mergedHealthcheck(own['Healthcheck'], image['Healthcheck']),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isUnset(value)));
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0] ?? '';
}

function asTexts(value: unknown): readonly string[] {
  return asList(value).filter((each) => typeof each === 'string');
}

/** Engines leave such members out. */
function isUnset(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : Object.keys(asObject(value) ?? { value }).length === 0;
}
