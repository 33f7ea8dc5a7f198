import path from 'node:path';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { asObject } from '../../oci/json.ts';
import { isElsewhere, type NamedBuild, platformOf } from './composeFile.ts';
import { type HclObject, type HclValue, parseHcl } from './hclSubset.ts';
import type { Values } from './interpolate.ts';

/** A bake file's targets and variables, in whichever form it is written. */
interface BakeFile {
  readonly targets: ReadonlyMap<string, HclObject>;
  readonly variables: ReadonlyMap<string, HclValue>;
}

/** The targets of `docker-bake.json`. */
export function bakeBuildsOfJson(text: string, folder: string, values: Values): readonly NamedBuild[] {
  const file = objectOf(text);
  const targets = Object.entries(asHcl(file?.['target']));
  const variables = Object.entries(asHcl(file?.['variable'])).map(
    ([name, each]) => [name, isObject(each) ? each['default'] : undefined] as const,
  );
  const read = targets.flatMap(([name, each]) => (isObject(each) ? [[name, each] as const] : []));
  return buildsOf({ targets: new Map(read), variables: new Map(variables) }, folder, values);
}

/** The targets of `docker-bake.hcl`; those whose context or Dockerfile is computed are left out. */
export function bakeBuildsOfHcl(text: string, folder: string, values: Values): readonly NamedBuild[] {
  const blocks = parseHcl(text);
  const of = (kind: string): ReadonlyMap<string, HclObject> =>
    new Map(blocks.filter((block) => block.kind === kind).map(({ label, body }) => [label, body]));
  const variables = new Map([...of('variable')].map(([name, body]) => [name, body['default']]));
  return buildsOf({ targets: of('target'), variables }, folder, values);
}

function buildsOf(file: BakeFile, folder: string, values: Values): readonly NamedBuild[] {
  const replaced = new Replacer(file.variables, values);
  return [...file.targets.keys()].flatMap((name) => {
    const request = requestOf(inherited(file, name, new Set()), folder, replaced);
    return request === undefined ? [] : [{ name, request }];
  });
}

/** A target with what it takes from others; of lists and maps, maps are joined. */
function inherited({ targets }: BakeFile, name: string, above: ReadonlySet<string>): HclObject {
  const own = targets.get(name) ?? {};
  if (above.has(name)) return {};
  const parents = listOf(own['inherits']).flatMap((each) => (typeof each === 'string' ? [each] : []));
  let merged: HclObject = {};
  for (const parent of parents)
    merged = joined(merged, inherited({ targets, variables: new Map() }, parent, new Set([...above, name])));
  return joined(merged, own);
}

function joined(one: HclObject, other: HclObject): HclObject {
  const both = Object.entries(other).map(([key, value]): [string, HclValue] => {
    const below = one[key];
    return [key, isObject(value) && isObject(below) ? { ...below, ...value } : value];
  });
  return { ...one, ...Object.fromEntries(both) };
}

function requestOf(target: HclObject, folder: string, replaced: Replacer): BuildRequest | undefined {
  if (target['dockerfile-inline'] !== undefined || 'matrix' in target) return undefined;
  const isComputed = ['context', 'dockerfile'].some(
    (key) => key in target && replaced.text(target[key]) === undefined,
  );
  const written = replaced.text(target['context']) ?? '.';
  if (isComputed || isElsewhere(written)) return undefined;
  const context = path.resolve(folder, written);
  const [stage, network] = [replaced.text(target['target']), replaced.text(target['network'])];
  const platform = platformOf(replaced.texts(target['platforms'])[0]);
  const contexts = replaced.pairs(target['contexts']);
  return {
    context,
    dockerfile: path.resolve(context, replaced.text(target['dockerfile']) ?? 'Dockerfile'),
    buildArgs: new Map(replaced.pairs(target['args'])),
    tags: replaced.texts(target['tags']),
    ...(stage !== undefined && { target: stage }),
    ...(network !== undefined && { network }),
    ...(platform !== undefined && { platform }),
    ...(target['no-cache'] === true && { noCache: true }),
    ...(target['pull'] === true && { pull: true }),
    ...(contexts.length > 0 && { namedContexts: new Map(contexts) }),
  };
}

/** Puts values in the place of variables. A text with anything else in `${…}` is computed, and not known. */
class Replacer {
  readonly #variables: ReadonlyMap<string, HclValue>;
  readonly #values: Values;

  constructor(variables: ReadonlyMap<string, HclValue>, values: Values) {
    this.#variables = variables;
    this.#values = values;
  }

  text(value: HclValue, depth = 0): string | undefined {
    if (typeof value === 'boolean') return String(value);
    if (typeof value !== 'string' || depth > 5) return undefined;
    const pattern = /\$\{\s*([^}]*?)\s*\}/g;
    const isKnown = [...value.matchAll(pattern)].every(([, name = '']) => this.#variables.has(name));
    if (!isKnown) return undefined;
    return value.replace(pattern, (_, name: string) => this.#valueOf(name, depth));
  }

  #valueOf(name: string, depth: number): string {
    return this.#values(name) ?? this.text(this.#variables.get(name), depth + 1) ?? '';
  }

  texts(value: HclValue): readonly string[] {
    return listOf(value).flatMap((each) => this.text(each) ?? []);
  }

  pairs(value: HclValue): readonly (readonly [string, string])[] {
    if (!isObject(value)) return [];
    return Object.entries(value).flatMap(([name, each]) => {
      const text = this.text(each);
      return text === undefined ? [] : [[name, text] as const];
    });
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asHcl(value: unknown): HclObject {
  return asObject(value) === undefined ? {} : (value as HclObject);
}

function isObject(value: HclValue): value is HclObject {
  return typeof value === 'object' && !Array.isArray(value);
}

function listOf(value: HclValue): readonly HclValue[] {
  return Array.isArray(value) ? (value as readonly HclValue[]) : [];
}
