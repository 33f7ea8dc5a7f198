import type { Descriptor } from '../oci/descriptor.ts';
import type { Image } from '../sources/image.ts';
import { formatRfc3339, parseRfc3339 } from '../base/rfc3339.ts';
import { type JsonObject, asObject, member, textList, textMember } from '../oci/json.ts';
import type { Platform } from '../oci/platform.ts';
import { familiarReference, familiarRepository, tryParseReference } from '../oci/reference.ts';
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
 */
export function inspectImage(image: Image, sizes: readonly number[], target?: Descriptor): JsonObject {
  const size = sizes.reduce((sum, each) => sum + each, 0);
  return target === undefined ? classicDocument(image, size) : containerdDocument(image, size, target);
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
  const references = [...image.names]
    .sort(compareBytes)
    .map((name) => ({ name, parsed: tryParseReference(name) }));
  const isFull = ({ name }: { readonly name: string }): boolean => name.includes('/');
  return {
    Id: target.digest,
    RepoTags: references.map((each) =>
      each.parsed !== undefined && isFull(each) ? familiarReference(each.parsed) : each.name,
    ),
    RepoDigests: distinct(
      references.flatMap((each) =>
        each.parsed !== undefined && isFull(each)
          ? [`${familiarRepository(each.parsed)}@${target.digest}`]
          : [],
      ),
    ),
    ...common(image, size, 'containerd'),
    Descriptor: descriptorDocument(target),
  };
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

function descriptorDocument(target: Descriptor): JsonObject {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = target;
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
