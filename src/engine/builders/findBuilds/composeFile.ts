import path from 'node:path';
import { isEngineError } from '../../base/errors.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';
import { interpolate, type Values } from './interpolate.ts';
import { isList, parseYaml, type YamlMap, type YamlValue } from './yamlSubset.ts';

/** One build that a file names. */
export interface NamedBuild {
  /** The service, or the target. */
  readonly name: string;
  readonly request: BuildRequest;
}

/**
 * The builds of a compose file's services. Builds of repositories and of Dockerfiles written in the file itself are left
 * out, and so is what is written in a way that is not read.
 *
 * @param values what `${NAME}` stands for.
 */
export function composeBuilds(text: string, folder: string, values: Values): readonly NamedBuild[] {
  const document = parseYaml(text);
  const services = mapOf(mapOf(document)?.['services']);
  if (services === undefined) return [];
  return Object.entries(services).flatMap(([name, value]) => {
    const service = mapOf(value);
    const request = service && requestOf(name, service, folder, values);
    return request === undefined ? [] : [{ name, request }];
  });
}

function requestOf(name: string, service: YamlMap, folder: string, values: Values): BuildRequest | undefined {
  const { build: written } = service;
  const build: YamlMap | undefined =
    typeof written === 'string' && written !== '' ? { context: written } : mapOf(written);
  if (build === undefined || build['dockerfile_inline'] !== undefined) return undefined;
  const text = (value: YamlValue | undefined): string | undefined =>
    typeof value === 'string' && value !== '' ? interpolate(value, values) : undefined;
  const written_context = text(build['context']) ?? '.';
  if (isElsewhere(written_context)) return undefined;
  const context = path.resolve(folder, written_context);
  const dockerfile = path.resolve(context, text(build['dockerfile']) ?? 'Dockerfile');
  const [target, network, image] = [text(build['target']), text(build['network']), text(service['image'])];
  const platform = platformOf(text(service['platform']) ?? texts(build['platforms'], values)[0]);
  const contexts = pairsOf(build['additional_contexts'], values);
  const hosts = pairsOf(build['extra_hosts'], values, ':');
  return {
    context,
    dockerfile,
    buildArgs: new Map(pairsOf(build['args'], values)),
    tags: [image ?? `${projectOf(folder)}-${name}`, ...texts(build['tags'], values)],
    ...(target !== undefined && { target }),
    ...(network !== undefined && { network }),
    ...(platform !== undefined && { platform }),
    ...(text(build['no_cache']) === 'true' && { noCache: true }),
    ...(text(build['pull']) === 'true' && { pull: true }),
    ...(contexts.length > 0 && { namedContexts: new Map(contexts) }),
    ...(hosts.length > 0 && { addHosts: hosts.map(([host, address]) => `${host}:${address}`) }),
  };
}

/** The first of several, where one is named. */
export function platformOf(text: string | undefined): Platform | undefined {
  try {
    return text === undefined ? undefined : parsePlatform(text);
  } catch (error) {
    if (isEngineError(error)) return undefined;
    throw error;
  }
}

/** A repository or an archive, and no directory here. */
export function isElsewhere(context: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i.test(context);
}

/** What compose calls a project: the folder's name, in its own letters. */
function projectOf(folder: string): string {
  return path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

function mapOf(value: YamlValue | undefined): YamlMap | undefined {
  return value === undefined || typeof value === 'string' || isList(value) ? undefined : value;
}

function texts(value: YamlValue | undefined, values: Values): readonly string[] {
  if (value === undefined || !isList(value)) return [];
  return value.flatMap((each) => (typeof each === 'string' ? [interpolate(each, values)] : []));
}

/** A mapping, or a list of `NAME=VALUE`; a name alone takes its value from outside, and is left out where there is none. */
function pairsOf(
  value: YamlValue | undefined,
  values: Values,
  separator: '=' | ':' = '=',
): readonly (readonly [string, string])[] {
  const entries = mapOf(value);
  if (entries !== undefined)
    return Object.entries(entries).flatMap(([name, each]) =>
      typeof each === 'string' ? [[name, interpolate(each, values)] as const] : [],
    );
  return texts(value, values).flatMap((text) => {
    const at = text.search(separator === ':' ? /[:=]/ : /=/);
    if (at > 0) return [[text.slice(0, at), text.slice(at + 1)] as const];
    const outside = values(text);
    return outside === undefined ? [] : [[text, outside] as const];
  });
}
