import type { Problem } from '../base/problem.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { EngineError } from '../base/errors.ts';
import { type JsonObject, asObject, member, parseJson, textList, textMember } from '../oci/json.ts';
import { maxManifests } from '../oci/manifest.ts';
import { parseDescriptor } from '../oci/parseDescriptor.ts';
import { normalizeName, tryParseReference } from '../oci/reference.ts';

/** One image of a docker archive's `manifest.json`. */
export interface DockerElement {
  /** The config's name in the archive; nobody checks it against the config's digest. */
  readonly config: string;
  /** Names of the layers in the archive, lowest first. */
  readonly layers: readonly string[];
  /** Full names. */
  readonly names: readonly string[];
  /** The parent's image ID, of images the classic builder made. */
  readonly parent?: string;
  /** Descriptors by diffID (Docker 25 and later, and foreign layers before). */
  readonly layerSources: ReadonlyMap<string, Descriptor>;
  readonly problems: readonly Problem[];
}

/** Bytes `manifest.json` may have (containerd's limit). */
export const dockerManifestLimit = 20 * 2 ** 20;

/**
 * Parses `manifest.json` of a docker archive (formats.md §1.2).
 *
 * @returns undefined when it is a JSON document of another kind.
 * @throws EngineError `invalid-manifest` when it is no JSON, null, or lists nothing.
 */
export function parseDockerManifest(bytes: Uint8Array): readonly DockerElement[] | undefined {
  const { value, problems } = parseJson(bytes, manifestName, 'manifest');
  if (value === null) throw new EngineError('invalid-manifest', manifestName, 'it is null');
  if (!Array.isArray(value)) return undefined;
  const objects = (value as readonly unknown[]).map(asObject).filter((each) => each !== undefined);
  if (objects.length === 0) throw new EngineError('invalid-manifest', manifestName, 'it lists no image');
  if (objects.length <= maxManifests) return objects.map((object) => toElement(object, problems));
  const detail = `it lists ${objects.length} images; the first ${maxManifests} are shown`;
  const limit: Problem = { code: 'limit-exceeded', subject: manifestName, detail };
  return objects.slice(0, maxManifests).map((object) => toElement(object, [...problems, limit]));
}

export const manifestName = 'manifest.json';

function toElement(object: JsonObject, documentProblems: readonly Problem[]): DockerElement {
  const problems = [...documentProblems];
  const tags = textList(object, 'RepoTags');
  const config = textMember(object, 'Config');
  if (config === undefined)
    problems.push({ code: 'config-missing', subject: manifestName, detail: 'it names no config' });
  for (const tag of tags.filter((each) => tryParseReference(each) === undefined))
    problems.push({ code: 'reference-invalid', subject: tag, detail: 'engines refuse this name' });
  const parent = textMember(object, 'Parent');
  return {
    config: config ?? '',
    layers: textList(object, 'Layers'),
    names: [...new Set(tags.map(normalizeName))],
    ...(parent !== undefined && { parent }),
    layerSources: layerSourcesOf(object, problems),
    problems,
  };
}

function layerSourcesOf(object: JsonObject, problems: Problem[]): ReadonlyMap<string, Descriptor> {
  const sources = asObject(member(object, 'LayerSources')) ?? {};
  const found = new Map<string, Descriptor>();
  for (const [diffId, value] of Object.entries(sources)) {
    const descriptor = parseDescriptor(value, manifestName, problems);
    if (descriptor !== undefined) found.set(diffId, descriptor);
  }
  return found;
}
