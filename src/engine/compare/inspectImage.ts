import type { Descriptor } from '../oci/descriptor.ts';
import type { Image } from '../sources/image.ts';
import { formatRfc3339, parseRfc3339 } from '../base/rfc3339.ts';
import { type JsonObject, asObject, member, textList, textMember } from '../oci/json.ts';
import type { Platform } from '../oci/platform.ts';
import {
  type Reference,
  familiarReference,
  familiarRepository,
  formatReference,
  tryParseReference,
} from '../oci/reference.ts';
import { compareBytes, goIndentedJson } from './goJson.ts';
import { compact, inspectConfig, sorted } from './inspectConfig.ts';
import type { EngineLike } from './layerHistory.ts';

/**
 * The object `docker image inspect` of Docker 29 prints for an image loaded into an empty engine, without what only an
 * engine's disk has (`GraphDriver`, `Metadata`, `Identity`), keys in its order (formats.md §3.4).
 *
 * @param sizes docker's SIZE of each layer.
 * @param target the descriptor the containerd store knows the image by (see `containerdTarget`); undefined for the
 *   classic store.
 * @param isOfPlatform whether one platform of the image was asked for: the containerd store then answers with that
 *   platform's own manifest.
 */
export function inspectImage(
  image: Image,
  sizes: readonly number[],
  target?: Descriptor,
  isOfPlatform = false,
): JsonObject {
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (target === undefined) return classicDocument(image, size);
  const document = containerdDocument(image, size, target);
  const own = image.core.manifest?.descriptor;
  if (!isOfPlatform || own === undefined || own.digest === target.digest) return document;
  return { ...document, Id: own.digest, Descriptor: manifestDocument(own) };
}

/** The documents as the CLI prints them. */
export function inspectText(documents: readonly JsonObject[]): string {
  return goIndentedJson(documents);
}

function classicDocument(image: Image, size: number): JsonObject {
  const { config, core } = image;
  const old = compact({ Parent: core.parents?.[0], DockerVersion: config?.dockerVersion });
  const names = [...image.names].sort(compareBytes).map((name) => tryParseReference(name));
  const document = {
    Id: image.imageId ?? '',
    RepoTags: names.filter((name) => name?.tag !== undefined).map((name) => name && familiarReference(name)),
    RepoDigests: [],
    ...common(image, size, 'classic'),
    ...old,
  };
  // An old field makes the engine write all keys in the order of the alphabet, at every depth.
  return Object.keys(old).length > 0 ? (asObject(alphabetical(document)) ?? document) : document;
}

function containerdDocument(image: Image, size: number, target: Descriptor): JsonObject {
  const names = [...image.names].sort(compareBytes);
  // That store keeps a name as the archive has it, and only a full one is a reference to it.
  const references = names.map((name) => ({ name, full: fullReference(name) }));
  const tags = references.map(({ name, full }) => (full === undefined ? name : familiarReference(full)));
  const repositories = references.flatMap(({ full }) =>
    full === undefined ? [] : [familiarRepository(full)],
  );
  return {
    Id: target.digest,
    RepoTags: distinct(tags),
    RepoDigests: distinct(repositories.map((repository) => `${repository}@${target.digest}`)),
    ...common(image, size, 'containerd'),
    Descriptor: descriptorDocument(target),
  };
}

function fullReference(name: string): Reference | undefined {
  const reference = tryParseReference(name);
  return reference !== undefined && formatReference(reference) === name ? reference : undefined;
}

/** What both stores say alike. */
function common(image: Image, size: number, like: EngineLike): JsonObject {
  const { config } = image;
  const own = like === 'classic' ? config?.comment : undefined;
  const created = parseRfc3339(config?.created ?? '');
  return {
    ...compact({
      Comment: own ?? config?.history.at(-1)?.comment,
      Created: created && formatRfc3339(created),
      Author: config?.author,
    }),
    Config: config === undefined ? {} : inspectConfig(config, like),
    Architecture: config?.architecture ?? '',
    ...compact({ Variant: config?.variant }),
    Os: config?.os ?? (like === 'classic' ? 'linux' : ''),
    ...compact({ OsVersion: config?.osVersion }),
    Size: size,
    RootFS: rootFsOf(image),
  };
}

function rootFsOf({ config }: Image): JsonObject {
  const rootfs = asObject(config && member(config.raw, 'rootfs')) ?? {};
  return { Type: textMember(rootfs, 'type') ?? '', ...compact({ Layers: textList(rootfs, 'diff_ids') }) };
}

/** As that store keeps it: an entry's platform, URLs and data are not kept. */
function descriptorDocument({ mediaType, digest, size, annotations }: Descriptor): JsonObject {
  return { mediaType, digest, size, ...compact({ annotations: annotations && sorted(annotations) }) };
}

/** The entry of the index that names a platform's manifest, whole. */
function manifestDocument(manifest: Descriptor): JsonObject {
  const { urls, data, platform, artifactType, annotations } = manifest;
  const { mediaType, digest, size } = manifest;
  return {
    mediaType,
    digest,
    size,
    ...compact({
      urls,
      annotations: annotations && sorted(annotations),
      data: data && Buffer.from(data).toString('base64'),
      platform: platform && platformDocument(platform),
      artifactType,
    }),
  };
}

function platformDocument({ architecture, os, osVersion, variant }: Platform): JsonObject {
  return { architecture, os, ...compact({ 'os.version': osVersion, variant }) };
}

function alphabetical(value: unknown): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[]).map(alphabetical);
  const object = asObject(value);
  if (object === undefined) return value;
  return sorted(Object.fromEntries(Object.entries(object).map(([key, item]) => [key, alphabetical(item)])));
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
