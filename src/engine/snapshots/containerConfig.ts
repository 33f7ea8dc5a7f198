import { EngineError } from '../base/errors.ts';
import { type DiffId, type Digest, isDigest } from '../oci/digest.ts';
import { asList, asObject, type JsonObject } from '../oci/json.ts';

/** What a container is of. Only its name ever changes. */
export interface ContainerConfig {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly image: ContainerImage;
}

/** The image of a container: one variant of one in the store. */
export interface ContainerImage {
  /** The digest of its manifest. All it leads to stays in the store as long as the container does. */
  readonly manifest: Digest;
  /** What the image was called, for people; it may be called otherwise by now, or nothing. */
  readonly name?: string;
  /** Lowest layer first. */
  readonly diffIds: readonly DiffId[];
}

export function formatContainerConfig(config: ContainerConfig): Uint8Array {
  return Buffer.from(JSON.stringify({ version: 1, ...config }));
}

/** @throws EngineError `damaged`; `unsupported` when a newer Lamina has written it. */
export function parseContainerConfig(bytes: Uint8Array, subject: string): ContainerConfig {
  const value = asObject(parse(bytes, subject)) ?? {};
  if (typeof value['version'] === 'number' && value['version'] > 1)
    throw new EngineError('unsupported', subject, 'a newer version of Lamina has made this container');
  const image = toImage(asObject(value['image']) ?? {});
  const [id, name, created] = [value['id'], value['name'], value['created']];
  const isWhole = typeof id === 'string' && typeof name === 'string' && typeof created === 'string';
  if (value['version'] !== 1 || !isWhole || image === undefined)
    throw new EngineError('damaged', subject, 'it is not the config of a container');
  return { id, name, created, image };
}

function toImage({ manifest, name, diffIds }: JsonObject): ContainerImage | undefined {
  const all = asList(diffIds);
  if (!isDigest(manifest) || !all.every(isDigest)) return undefined;
  // The same grammar names uncompressed bytes here.
  const layers = all as readonly string[] as readonly DiffId[];
  return { manifest, ...(typeof name === 'string' && { name }), diffIds: layers };
}

function parse(bytes: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new EngineError('damaged', subject, 'it is no JSON', { cause });
  }
}
