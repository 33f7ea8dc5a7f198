import type { Descriptor } from '../../oci/descriptor.ts';
import { asList, asObject, type JsonObject } from '../../oci/json.ts';
import { parseDescriptor } from '../../oci/parseDescriptor.ts';
import { normalizePlatform, type Platform } from '../../oci/platform.ts';

// Members of an engine's answers: null, absent and of another kind are all "not told".

export function objectOf(value: unknown): JsonObject {
  return asObject(value) ?? {};
}

export function objectsOf(value: unknown): readonly JsonObject[] {
  return asList(value).map(objectOf);
}

/** Undefined when not told or empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A count or size, which engines write as -1 when they have not computed it. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

export function textsOf(value: unknown): readonly string[] {
  return asList(value).filter((item) => typeof item === 'string');
}

export function textMapOf(value: unknown): Readonly<Record<string, string>> {
  const map = asObject(value);
  if (map === undefined) return {};
  for (const each of Object.values(map)) if (typeof each !== 'string') return onlyTexts(map);
  return map as Readonly<Record<string, string>>;
}

/** `<none>:<none>` and `<none>@<none>` are how engines below 1.43 write that there is no name. */
export function namesOf(value: unknown): readonly string[] {
  return textsOf(value).filter((name) => !name.startsWith('<none>'));
}

export function descriptorOf(value: unknown): Descriptor | undefined {
  return asObject(value) === undefined ? undefined : parseDescriptor(value, 'the engine', []);
}

/** From members named as in configs, of any spelling that versions and stores use. */
export function platformFrom(json: JsonObject): Platform {
  const variant = textOf(json['Variant']) ?? textOf(json['variant']);
  const osVersion = textOf(json['OsVersion']) ?? textOf(json['os.version']);
  return normalizePlatform({
    os: textOf(json['Os']) ?? textOf(json['os']) ?? '',
    architecture: textOf(json['Architecture']) ?? textOf(json['architecture']) ?? '',
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
  });
}

/** A member that is left out when it is not told. */
export function given<Name extends string, T>(
  name: Name,
  value: T | undefined,
): Readonly<Partial<Record<Name, T>>> {
  return (value === undefined ? {} : { [name]: value }) as Readonly<Partial<Record<Name, T>>>;
}

function onlyTexts(map: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
