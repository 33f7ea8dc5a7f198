import { EngineError } from '../base/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { asObject, type JsonObject } from '../oci/json.ts';
import { mediaTypes } from '../oci/mediaType.ts';
import type { Platform } from '../oci/platform.ts';

/** `index.json` of the store (image-spec, image-index.md), with all that other tools wrote into it. Immutable. */
export interface StoreIndex {
  readonly raw: JsonObject;
  /** One per name, and one for an image without a name. */
  readonly entries: readonly JsonObject[];
}

/** Beyond this nothing is parsed (formats.md §6, denial by a huge index). */
export const indexLimit = 16 * 1024 * 1024;

/** What containerd and docker read. */
const imageNameKey = 'io.containerd.image.name';
/** What skopeo, umoci and podman read (image-spec, annotations.md). In the store both hold the full reference. */
const refNameKey = 'org.opencontainers.image.ref.name';

export const emptyIndex: StoreIndex = {
  raw: { schemaVersion: 2, mediaType: mediaTypes.ociIndex },
  entries: [],
};

/** @throws EngineError `damaged` when the bytes are no index. */
export function parseStoreIndex(bytes: Uint8Array, subject: string): StoreIndex {
  const raw = parseJson(bytes, subject);
  const { manifests, ...rest } = asObject(raw) ?? {};
  const entries = Array.isArray(manifests) ? manifests.map(asObject) : [undefined];
  if (!entries.every((entry) => entry !== undefined))
    throw new EngineError('damaged', subject, 'it is no image index');
  return { raw: rest, entries };
}

export function formatStoreIndex(index: StoreIndex): Uint8Array {
  return Buffer.from(JSON.stringify({ ...index.raw, manifests: index.entries }));
}

/** What the entry calls its image: a full reference where Lamina wrote it, whatever other tools wrote else. */
export function nameOfEntry(entry: JsonObject): string | undefined {
  const annotations = asObject(entry['annotations']) ?? {};
  const name = annotations[imageNameKey] ?? annotations[refNameKey];
  return typeof name === 'string' ? name : undefined;
}

/** Undefined when the entry names nothing that could be stored. */
export function digestOfEntry(entry: JsonObject): Digest | undefined {
  return isDigest(entry['digest']) ? entry['digest'] : undefined;
}

/**
 * The index with `name` for this image. An image that loses its name to it stays, without one, as with docker. Without
 * a name, the image is added unless it is there under any name. The same object when nothing changes.
 */
export function withImage(index: StoreIndex, target: Descriptor, name: string | undefined): StoreIndex {
  const own = index.entries.filter((entry) => digestOfEntry(entry) === target.digest);
  const isThere = name === undefined ? own.length > 0 : own.some((entry) => nameOfEntry(entry) === name);
  if (isThere) return index;
  const freed = name === undefined ? index : withoutName(index, name, 'keep-image');
  const rest = withoutNameless(freed, target.digest);
  // Another name of an image says what the first one does, members that other tools wrote included.
  return { ...rest, entries: [...rest.entries, withNames(own[0] ?? entryOf(target), name)] };
}

/**
 * The index without that name; the same object when there is none.
 *
 * @param nameless what becomes of an image whose only name it was.
 */
export function withoutName(
  index: StoreIndex,
  name: string,
  nameless: 'keep-image' | 'drop-image',
): StoreIndex {
  const [called, rest] = partition(index.entries, (entry) => nameOfEntry(entry) === name);
  if (called.length === 0) return index;
  if (nameless === 'drop-image') return { ...index, entries: rest };
  const kept = new Set(rest.map(digestOfEntry));
  const orphans = called.filter((entry) => !kept.has(digestOfEntry(entry)));
  return { ...index, entries: [...rest, ...orphans.map(withoutNames)] };
}

/** The index without the entry that holds this image under no name; the same object when there is none. */
export function withoutNameless(index: StoreIndex, target: Digest): StoreIndex {
  const [gone, rest] = partition(
    index.entries,
    (entry) => nameOfEntry(entry) === undefined && digestOfEntry(entry) === target,
  );
  return gone.length === 0 ? index : { ...index, entries: rest };
}

/** An entry of an `index.json`: an image under a name, with another one for tools that read `ref.name`, or without one. */
export function indexEntry(target: Descriptor, name: string | undefined, refName?: string): JsonObject {
  return withNames(entryOf(target), name, refName);
}

/** A descriptor as JSON. */
function entryOf({ mediaType, digest, size, artifactType, platform, annotations }: Descriptor): JsonObject {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(platform !== undefined && { platform: platformJson(platform) }),
    ...(annotations !== undefined && { annotations }),
  };
}

function platformJson({ os, architecture, variant, osVersion }: Platform): JsonObject {
  return {
    architecture,
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(variant !== undefined && { variant }),
  };
}

function withNames(entry: JsonObject, name: string | undefined, refName = name): JsonObject {
  const bare = withoutNames(entry);
  if (name === undefined) return bare;
  const names = { [imageNameKey]: name, [refNameKey]: refName };
  return { ...bare, annotations: { ...asObject(bare['annotations']), ...names } };
}

function withoutNames(entry: JsonObject): JsonObject {
  const { annotations, ...rest } = entry;
  const kept = Object.entries(asObject(annotations) ?? {}).filter(
    ([key]) => key !== imageNameKey && key !== refNameKey,
  );
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

function partition<T>(
  values: readonly T[],
  test: (value: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [values.filter(test), values.filter((value) => !test(value))];
}

function parseJson(bytes: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new EngineError('damaged', subject, 'it is no JSON', { cause });
  }
}
