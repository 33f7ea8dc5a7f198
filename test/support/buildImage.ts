import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type DiffId, type Digest, type ImageId, digestOf } from '../../src/engine/oci/digest.ts';
import { type TarEntrySpec, encodeTar } from './tarBytes.ts';

/** What a path holds: text or bytes of a file, or a richer entry. A key with a trailing slash is a directory. */
export type Content = string | Uint8Array | Omit<TarEntrySpec, 'name'>;

/** One layer: paths in the order of the tar; a list of entries where a path comes twice or bytes are odd; or a whole tar. */
export type LayerLiteral =
  Readonly<Record<string, Content>> | readonly (TarEntrySpec | Uint8Array)[] | Uint8Array;

export type Compression = 'plain' | 'gzip' | 'zstd';

export interface ImageOptions {
  /** Full names. Default: none. */
  readonly names?: readonly string[];
  /** How layers are stored; one for all, or one for each. Default `plain`. */
  readonly compression?: Compression | readonly Compression[];
  /** Media types of manifest, config and layers. Default `oci`. */
  readonly format?: 'oci' | 'docker';
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly created?: string;
  /** Default: one step for each layer, `COPY layer-N /`. */
  readonly history?: readonly HistoryLiteral[];
  /** The `config` member. */
  readonly runtime?: Readonly<Record<string, unknown>>;
  /** Members set last; `undefined` takes a member away. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface HistoryLiteral {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface BuiltLayer {
  readonly tar: Buffer;
  readonly diffId: DiffId;
  /** As stored. */
  readonly blob: Buffer;
  readonly digest: Digest;
  readonly compression: Compression;
  readonly mediaType: string;
}

/** A whole image in memory. The same literal gives the same bytes. */
export interface BuiltImage {
  readonly names: readonly string[];
  /** Lowest first. */
  readonly layers: readonly BuiltLayer[];
  readonly config: Buffer;
  readonly imageId: ImageId;
  readonly manifest: Buffer;
  readonly manifestDigest: Digest;
  readonly mediaType: string;
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export const defaultCreated = '2024-05-01T10:00:00Z';

/** An image from literals, lowest layer first: `buildImage([{ 'etc/motd': 'hello' }, { 'etc/.wh.motd': '' }])`. */
export function buildImage(literals: readonly LayerLiteral[], options: ImageOptions = {}): BuiltImage {
  const layers = literals.map((literal, index) =>
    buildLayer(literal, compressionOf(options, index), options),
  );
  const config = Buffer.from(JSON.stringify(configOf(layers, options)));
  const manifest = Buffer.from(JSON.stringify(manifestOf(layers, config, options)));
  return {
    names: options.names ?? [],
    layers,
    config,
    imageId: digestOf(config) as string as ImageId,
    manifest,
    manifestDigest: digestOf(manifest),
    mediaType: mediaTypes(options).manifest,
    platform: platformOf(options),
  };
}

/** The bytes of a layer's tar. */
export function layerTar(literal: LayerLiteral): Buffer {
  if (literal instanceof Uint8Array) return Buffer.from(literal);
  return encodeTar(isList(literal) ? literal : Object.entries(literal).map(toEntry));
}

export function compress(bytes: Uint8Array, compression: Compression): Buffer {
  if (compression === 'gzip') return gzipSync(bytes, { level: 6 });
  return compression === 'zstd' ? zstdCompressSync(bytes) : Buffer.from(bytes);
}

export function toEntry([name, content]: readonly [string, Content]): TarEntrySpec {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return { name, ...content };
  return name.endsWith('/') ? { name, type: 'dir' } : { name, content };
}

function buildLayer(literal: LayerLiteral, compression: Compression, options: ImageOptions): BuiltLayer {
  const tar = layerTar(literal);
  const blob = compress(tar, compression);
  return {
    tar,
    diffId: digestOf(tar) as string as DiffId,
    blob,
    digest: digestOf(blob),
    compression,
    mediaType: layerMediaType(compression, options),
  };
}

function configOf(layers: readonly BuiltLayer[], options: ImageOptions): Record<string, unknown> {
  return {
    created: options.created ?? defaultCreated,
    ...platformOf(options),
    config: options.runtime ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: options.history ?? layers.map((_, index) => defaultStep(index)),
    ...options.config,
  };
}

function defaultStep(index: number): HistoryLiteral {
  return {
    created: defaultCreated,
    created_by: `COPY layer-${index} / # buildkit`,
    comment: 'buildkit.dockerfile.v0',
  };
}

function platformOf(options: ImageOptions): BuiltImage['platform'] {
  return {
    architecture: options.architecture ?? 'amd64',
    os: options.os ?? 'linux',
    ...(options.variant === undefined ? {} : { variant: options.variant }),
  };
}

function manifestOf(
  layers: readonly BuiltLayer[],
  config: Buffer,
  options: ImageOptions,
): Record<string, unknown> {
  const types = mediaTypes(options);
  return {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: digestOf(config), size: config.length },
    layers: layers.map(({ mediaType, digest, blob }) => ({ mediaType, digest, size: blob.length })),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
}

function mediaTypes(options: ImageOptions): { readonly manifest: string; readonly config: string } {
  return options.format === 'docker'
    ? {
        manifest: 'application/vnd.docker.distribution.manifest.v2+json',
        config: 'application/vnd.docker.container.image.v1+json',
      }
    : {
        manifest: 'application/vnd.oci.image.manifest.v1+json',
        config: 'application/vnd.oci.image.config.v1+json',
      };
}

function layerMediaType(compression: Compression, options: ImageOptions): string {
  const isDocker = options.format === 'docker';
  const base = isDocker
    ? 'application/vnd.docker.image.rootfs.diff.tar'
    : 'application/vnd.oci.image.layer.v1.tar';
  return compression === 'plain' ? base : `${base}${isDocker ? '.' : '+'}${compression}`;
}

function compressionOf(options: ImageOptions, index: number): Compression {
  const { compression = 'plain' } = options;
  return typeof compression === 'string' ? compression : (compression[index] ?? 'plain');
}

function isList(literal: LayerLiteral): literal is readonly (TarEntrySpec | Uint8Array)[] {
  return Array.isArray(literal);
}
