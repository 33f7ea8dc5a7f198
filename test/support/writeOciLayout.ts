import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf, hexOf } from '../../src/engine/oci/digest.ts';
import { type BuiltImage, type Compression, compress } from './buildImage.ts';
import { type TarEntrySpec, encodeTar } from './tarBytes.ts';

/** One entry of `index.json`: an image, or several of one name for different platforms behind a nested index. */
export type LayoutEntry = BuiltImage | PlatformImages;

export interface PlatformImages {
  readonly names: readonly string[];
  readonly platforms: readonly BuiltImage[];
  /** Adds an attestation for each platform, in BuildKit's form of today or of before (formats.md §1.3). */
  readonly attestation?: 'artifact' | 'legacy';
}

export interface LayoutOptions {
  /** `docker`: full name and tag; `skopeo`: tag only; `podman`: the full name as ref.name. Default `docker`. */
  readonly names?: 'docker' | 'skopeo' | 'podman';
  /** Names of files to leave out, such as `oci-layout` or a blob's path. */
  readonly without?: readonly string[];
}

/** Writes an OCI layout folder, and returns its path. */
export function writeOciLayout(
  entries: LayoutEntry | readonly LayoutEntry[],
  directory: string,
  options: LayoutOptions = {},
): string {
  mkdirSync(path.join(directory, 'blobs/sha256'), { recursive: true });
  for (const { name, content = '' } of layoutFiles(listOf(entries), options))
    writeFileSync(path.join(directory, name), content);
  return directory;
}

/** Writes an OCI layout as a tar, and returns its path. */
export function writeOciArchive(
  entries: LayoutEntry | readonly LayoutEntry[],
  file: string,
  options: LayoutOptions & { readonly compression?: Compression } = {},
): string {
  const files = layoutFiles(listOf(entries), options);
  writeFileSync(file, compress(encodeTar(files), options.compression ?? 'plain'));
  return file;
}

/** Writes skopeo's directory form (`dir:`), and returns its path. */
export function writeSkopeoDir(image: BuiltImage, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const put = (name: string, content: string | Uint8Array): void => {
    writeFileSync(path.join(directory, name), content);
  };
  put('version', 'Directory Transport Version: 1.1\n');
  put('manifest.json', image.manifest);
  put(hexOf(image.imageId), image.config);
  for (const { digest, blob } of image.layers) put(hexOf(digest), blob);
  return directory;
}

/** Every blob of the entries once, as files below `blobs/`. */
export function layoutBlobs(entries: readonly LayoutEntry[]): readonly TarEntrySpec[] {
  const blobs = new Map<string, Uint8Array>();
  for (const entry of entries) for (const bytes of blobsOf(entry)) blobs.set(digestOf(bytes), bytes);
  return [...blobs].map(([digest, content]) => ({ name: `blobs/sha256/${digest.slice(7)}`, content }));
}

/** The descriptors `index.json` lists: one for each name, one without a name for an untagged image. */
export function indexEntries(
  entries: readonly LayoutEntry[],
  options: LayoutOptions = {},
): readonly object[] {
  return entries.flatMap((entry) => {
    const target = targetOf(entry);
    if (entry.names.length === 0) return [target];
    return entry.names.map((name) => ({ ...target, annotations: nameAnnotations(name, options) }));
  });
}

function layoutFiles(entries: readonly LayoutEntry[], options: LayoutOptions): readonly TarEntrySpec[] {
  const index = { schemaVersion: 2, mediaType: indexType, manifests: indexEntries(entries, options) };
  const files: readonly TarEntrySpec[] = [
    ...layoutBlobs(entries),
    { name: 'index.json', content: JSON.stringify(index) },
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ];
  return files.filter(({ name }) => !(options.without ?? []).includes(name));
}

function listOf(entries: LayoutEntry | readonly LayoutEntry[]): readonly LayoutEntry[] {
  return 'names' in entries ? [entries] : entries;
}

function blobsOf(entry: LayoutEntry): readonly Uint8Array[] {
  if (!('platforms' in entry)) return [...entry.layers.map(({ blob }) => blob), entry.config, entry.manifest];
  return [
    ...entry.platforms.flatMap(blobsOf),
    ...attestationsOf(entry).flatMap(({ blobs }) => blobs),
    nestedIndex(entry),
  ];
}

function targetOf(entry: LayoutEntry): object {
  if ('platforms' in entry) return describe(nestedIndex(entry), indexType);
  return describe(entry.manifest, entry.mediaType);
}

function nestedIndex(entry: PlatformImages): Buffer {
  const images = entry.platforms.map((image) => ({
    ...describe(image.manifest, image.mediaType),
    platform: image.platform,
  }));
  const attestations = attestationsOf(entry).map(({ descriptor }) => descriptor);
  return jsonBytes({ schemaVersion: 2, mediaType: indexType, manifests: [...images, ...attestations] });
}

interface Attestation {
  readonly descriptor: object;
  readonly blobs: readonly Buffer[];
}

function attestationsOf(entry: PlatformImages): readonly Attestation[] {
  const { attestation } = entry;
  return attestation === undefined ? [] : entry.platforms.map((image) => attestationOf(image, attestation));
}

function attestationOf(image: BuiltImage, form: 'artifact' | 'legacy'): Attestation {
  const statement = jsonBytes({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [{ name: image.names[0] ?? 'image', digest: { sha256: hexOf(image.manifestDigest) } }],
    predicate: { builder: { id: '' } },
  });
  const layer = {
    ...describe(statement, 'application/vnd.in-toto+json'),
    annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
  };
  const config = form === 'artifact' ? Buffer.from('{}') : legacyAttestationConfig(statement);
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: manifestType,
    ...(form === 'artifact' ? { artifactType: 'application/vnd.docker.attestation.manifest.v1+json' } : {}),
    config: describe(
      config,
      form === 'artifact' ? 'application/vnd.oci.empty.v1+json' : 'application/vnd.oci.image.config.v1+json',
    ),
    layers: [layer],
    ...(form === 'artifact' ? { subject: describe(image.manifest, image.mediaType) } : {}),
  });
  const annotations = {
    'vnd.docker.reference.digest': image.manifestDigest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const platform = { architecture: 'unknown', os: 'unknown' };
  return {
    descriptor: { ...describe(manifest, manifestType), annotations, platform },
    blobs: [statement, config, manifest],
  };
}

function legacyAttestationConfig(statement: Buffer): Buffer {
  return jsonBytes({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(statement)] },
  });
}

function nameAnnotations(name: string, options: LayoutOptions): object {
  const tag = name.slice(name.lastIndexOf(':') + 1);
  if (options.names === 'skopeo') return { 'org.opencontainers.image.ref.name': tag };
  if (options.names === 'podman') return { 'org.opencontainers.image.ref.name': name };
  return { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
}

function describe(bytes: Uint8Array, mediaType: string): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
