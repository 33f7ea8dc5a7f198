import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Digest, hexOf } from '../../src/engine/oci/digest.ts';
import { type BuiltImage, type Compression, compress } from './buildImage.ts';
import { indexEntries, layoutBlobs } from './writeOciLayout.ts';
import { type TarEntrySpec, encodeTar } from './tarBytes.ts';

/**
 * Who wrote the archive (formats.md §1.2): `legacy` docker save up to 24; `modern` docker save from 25, classic store;
 * `containerd` docker save of Engine 29's default store; `podman` podman and skopeo; `kaniko` kaniko and crane.
 */
export type DockerArchiveShape = 'legacy' | 'modern' | 'containerd' | 'podman' | 'kaniko';

export interface DockerArchiveOptions {
  readonly shape?: DockerArchiveShape;
  /** Compresses the archive as a whole. */
  readonly compression?: Compression;
  /** Last word over the entries, for damage and odd order. */
  readonly change?: (entries: readonly TarEntrySpec[]) => readonly (TarEntrySpec | Uint8Array)[];
}

/** Writes images as a docker archive, and returns the file's path. */
export function writeDockerArchive(
  images: BuiltImage | readonly BuiltImage[],
  file: string,
  options: DockerArchiveOptions = {},
): string {
  writeFileSync(file, dockerArchiveBytes(images, options));
  return file;
}

export function dockerArchiveBytes(
  images: BuiltImage | readonly BuiltImage[],
  options: DockerArchiveOptions = {},
): Buffer {
  const list = 'layers' in images ? [images] : images;
  const entries = shapes[options.shape ?? 'modern'](list);
  return compress(encodeTar(options.change?.(entries) ?? entries), options.compression ?? 'plain');
}

const shapes: Record<DockerArchiveShape, (images: readonly BuiltImage[]) => readonly TarEntrySpec[]> = {
  legacy: legacyEntries,
  modern: (images) => modernEntries(images),
  containerd: containerdEntries,
  podman: podmanEntries,
  kaniko: kanikoEntries,
};

/** `<v1id>/{VERSION,json,layer.tar}`; a layer seen before is a symlink to the first; folders in name order. */
function legacyEntries(images: readonly BuiltImage[]): readonly TarEntrySpec[] {
  const folders = images.flatMap(legacyFolders);
  const first = new Map<string, string>();
  for (const { id, diffId } of folders) if (!first.has(diffId)) first.set(diffId, id);
  const unique = [...new Map(folders.map((folder) => [folder.id, folder])).values()];
  unique.sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    ...configFiles(images, (image) => `${hexOf(image.imageId)}.json`),
    ...unique.flatMap((folder) => legacyFolder(folder, first.get(folder.diffId) ?? folder.id)),
    manifestFile(
      images,
      (image) => `${hexOf(image.imageId)}.json`,
      (image) => legacyFolders(image).map(({ id }) => `${id}/layer.tar`),
    ),
    repositoriesFile(images, (image) => legacyFolders(image).at(-1)?.id ?? ''),
  ];
}

interface LegacyFolder {
  readonly id: string;
  readonly parent: string;
  readonly diffId: string;
  readonly tar: Buffer;
}

function legacyFolders(image: BuiltImage): readonly LegacyFolder[] {
  const folders: LegacyFolder[] = [];
  for (const { diffId, tar } of image.layers) {
    const parent = folders.at(-1)?.id ?? '';
    folders.push({ id: hash(`${parent} ${diffId}`), parent, diffId, tar });
  }
  return folders;
}

function legacyFolder(folder: LegacyFolder, first: string): readonly TarEntrySpec[] {
  const layer: TarEntrySpec =
    first === folder.id
      ? { name: `${folder.id}/layer.tar`, content: folder.tar }
      : { name: `${folder.id}/layer.tar`, type: 'symlink', link: `../${first}/layer.tar`, mode: 0o777 };
  return [
    { name: `${folder.id}/`, type: 'dir' },
    { name: `${folder.id}/VERSION`, content: '1.0' },
    {
      name: `${folder.id}/json`,
      content: JSON.stringify({ id: folder.id, parent: folder.parent || undefined }),
    },
    layer,
  ];
}

/** An OCI layout with plain layers, and `manifest.json` with `LayerSources` and `repositories` beside it. */
function modernEntries(images: readonly BuiltImage[]): readonly TarEntrySpec[] {
  const sources = (image: BuiltImage) => ({
    LayerSources: Object.fromEntries(
      image.layers.map(({ diffId, tar }) => [
        diffId,
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: tar.length, digest: diffId },
      ]),
    ),
  });
  const plain = images.map(withPlainLayers);
  return [
    ...layoutBlobs(plain),
    jsonFile('index.json', indexDocument(indexEntries(plain, { names: 'docker' }))),
    manifestFile(
      plain,
      (image) => blobPath(image.imageId),
      (image) => image.layers.map(({ diffId }) => blobPath(diffId)),
      sources,
    ),
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    repositoriesFile(plain, (image) => image.layers.at(-1)?.diffId.slice(7) ?? ''),
  ];
}

/** The same without `repositories`, layers as stored, times 0. */
function containerdEntries(images: readonly BuiltImage[]): readonly TarEntrySpec[] {
  const entries = [
    ...layoutBlobs(images),
    jsonFile('index.json', indexDocument(indexEntries(images, { names: 'docker' }))),
    manifestFile(
      images,
      (image) => blobPath(image.imageId),
      (image) => image.layers.map(({ digest }) => blobPath(digest)),
    ),
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ];
  return entries.map((entry) => ({ ...entry, mtime: 0 }));
}

/** Plain `<diffid>.tar` and `<configid>.json` at the top; the legacy folders hold symlinks of mode 0. */
function podmanEntries(images: readonly BuiltImage[]): readonly TarEntrySpec[] {
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.diffId, layer]));
  const folders = new Map(images.flatMap(legacyFolders).map((folder) => [folder.id, folder]));
  return [
    ...[...layers].map(([diffId, { tar }]) => ({ name: `${diffId.slice(7)}.tar`, content: tar })),
    ...[...folders.values()].flatMap(({ id, parent, diffId }) => [
      { name: `${id}/VERSION`, content: '1.0' },
      { name: `${id}/json`, content: JSON.stringify({ id, parent: parent || undefined }) },
      { name: `${id}/layer.tar`, type: 'symlink' as const, link: `../${diffId.slice(7)}.tar`, mode: 0 },
    ]),
    ...configFiles(images, (image) => `${hexOf(image.imageId)}.json`),
    repositoriesFile(images, (image) => legacyFolders(image).at(-1)?.id ?? ''),
    manifestFile(
      images,
      (image) => `${hexOf(image.imageId)}.json`,
      (image) => image.layers.map(({ diffId }) => `${diffId.slice(7)}.tar`),
    ),
  ];
}

/** The config is named `sha256:<hex>`, layers `<hex>.tar.gz` (`.tar.zst`). Layers as stored. */
function kanikoEntries(images: readonly BuiltImage[]): readonly TarEntrySpec[] {
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [kanikoName(layer), layer]));
  return [
    ...configFiles(images, (image) => image.imageId),
    ...[...layers].map(([name, { blob }]) => ({ name, content: blob })),
    manifestFile(
      images,
      (image) => image.imageId,
      (image) => image.layers.map(kanikoName),
    ),
  ];
}

function kanikoName({
  digest,
  compression,
}: {
  readonly digest: Digest;
  readonly compression: Compression;
}): string {
  return `${hexOf(digest)}.tar${{ plain: '', gzip: '.gz', zstd: '.zst' }[compression]}`;
}

/** The image as an engine keeps it that unpacks its layers: the manifest lists the plain tars. */
function withPlainLayers(image: BuiltImage): BuiltImage {
  const layers = image.layers.map((layer) => ({
    ...layer,
    blob: layer.tar,
    digest: layer.diffId as string as Digest,
    compression: 'plain' as const,
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
  }));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: image.imageId,
    size: image.config.length,
  };
  const described = layers.map(({ mediaType: type, digest, blob }) => ({
    mediaType: type,
    digest,
    size: blob.length,
  }));
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: described }));
  return { ...image, layers, mediaType, manifest, manifestDigest: `sha256:${hash(manifest)}` as Digest };
}

function configFiles(
  images: readonly BuiltImage[],
  name: (image: BuiltImage) => string,
): readonly TarEntrySpec[] {
  return [
    ...new Map(images.map((image) => [image.imageId, { name: name(image), content: image.config }])).values(),
  ];
}

function manifestFile(
  images: readonly BuiltImage[],
  config: (image: BuiltImage) => string,
  layers: (image: BuiltImage) => readonly string[],
  more: (image: BuiltImage) => object = () => ({}),
): TarEntrySpec {
  const elements = images.map((image) => ({
    Config: config(image),
    RepoTags: image.names.length === 0 ? null : image.names.map(familiarName),
    Layers: layers(image),
    ...more(image),
  }));
  return jsonFile('manifest.json', elements);
}

function repositoriesFile(images: readonly BuiltImage[], top: (image: BuiltImage) => string): TarEntrySpec {
  const repositories: Record<string, Record<string, string>> = {};
  for (const image of images) {
    for (const name of image.names.map(familiarName)) {
      const colon = name.lastIndexOf(':');
      (repositories[name.slice(0, colon)] ??= {})[name.slice(colon + 1)] = top(image);
    }
  }
  return jsonFile('repositories', repositories);
}

/** `docker.io/library/nginx:1` as docker writes it in `RepoTags`: `nginx:1`. */
export function familiarName(name: string): string {
  return name.replace(/^docker\.io\/(library\/)?/, '');
}

function indexDocument(manifests: readonly object[]): object {
  return { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
}

function jsonFile(name: string, value: unknown): TarEntrySpec {
  return { name, content: JSON.stringify(value) };
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digest.slice(7)}`;
}

function hash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
