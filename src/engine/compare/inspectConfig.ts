import type { ImageConfig } from '../oci/imageConfig.ts';
import { type JsonObject, asObject, member, textList, textMap, textMember } from '../oci/json.ts';
import type { EngineLike } from './layerHistory.ts';
import { compareBytes } from './goJson.ts';

/**
 * The `Config` of `docker image inspect` of Docker 29: its thirteen fields in its order, each left out when empty; other
 * fields of the image's config are not shown (formats.md §3.4).
 */
export function inspectConfig({ runtime }: ImageConfig, like: EngineLike): JsonObject {
  return compact({
    User: textMember(runtime, 'User'),
    ExposedPorts: keysOf(runtime, 'ExposedPorts', like === 'classic' ? portText : (port) => port),
    Env: textList(runtime, 'Env'),
    Entrypoint: textList(runtime, 'Entrypoint'),
    Cmd: textList(runtime, 'Cmd'),
    Volumes: keysOf(runtime, 'Volumes', (path) => path),
    WorkingDir: textMember(runtime, 'WorkingDir'),
    Labels: sorted(textMap(runtime, 'Labels') ?? {}),
    StopSignal: textMember(runtime, 'StopSignal'),
    ArgsEscaped: member(runtime, 'ArgsEscaped') === true ? true : undefined,
    Healthcheck: healthcheckOf(runtime),
    OnBuild: textList(runtime, 'OnBuild'),
    Shell: textList(runtime, 'Shell'),
  });
}

/** Leaves out what Go's `omitempty` leaves out. */
export function compact(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

/** An object with its keys in the order in which Go writes a map. */
export function sorted<T>(object: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => compareBytes(a, b)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A member that is a set: an object whose values say nothing. */
function keysOf(runtime: JsonObject, name: string, spell: (key: string) => string): JsonObject {
  const keys = Object.keys(asObject(member(runtime, name)) ?? {});
  return sorted(Object.fromEntries(keys.map((key) => [spell(key), {}])));
}

/** The classic store reads ports into numbers and writes them anew: `080/TCP` and `80` are `80/tcp`. */
function portText(port: string): string {
  const [, number = '', protocol = ''] = /^(\d+)(?:\/(.*))?$/.exec(port) ?? [];
  return number === '' ? port : `${Number(number)}/${protocol === '' ? 'tcp' : protocol.toLowerCase()}`;
}

function healthcheckOf(runtime: JsonObject): JsonObject | undefined {
  const check = asObject(member(runtime, 'Healthcheck'));
  if (check === undefined) return undefined;
  const number = (name: string): unknown => {
    const value = member(check, name);
    return typeof value === 'number' ? value : undefined;
  };
  return compact({
    Test: textList(check, 'Test'),
    Interval: number('Interval'),
    Timeout: number('Timeout'),
    StartPeriod: number('StartPeriod'),
    StartInterval: number('StartInterval'),
    Retries: number('Retries'),
  });
}
