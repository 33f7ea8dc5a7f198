import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { DockerImages } from './dockerImages.ts';
import type { DockerElement } from './dockerManifest.ts';
import type {
  ImageCore,
  ImageEntry,
  ImageSource,
  ImageVariant,
  LayerBlob,
  SourceKind,
} from './imageSource.ts';
import type { SourceBlobs } from './sourceBlobs.ts';
import { EngineError } from '../base/errors.ts';
import { type ImageManifest, parseManifest } from '../oci/manifest.ts';
import { normalizeName } from '../oci/reference.ts';
import { namesFromAnnotations } from './imageNames.ts';
import { checkLayer } from './layerBlobs.ts';
import { type FoundVariant, type IndexContents, newWalkBudget, walkIndex } from './walkIndex.ts';

export interface ContentSourceParts {
  readonly kind: SourceKind;
  /** Closed with the source. */
  readonly files: FilesPort;
  readonly blobs: SourceBlobs;
  /** What the source's index names. */
  readonly roots: readonly Descriptor[];
  readonly problems: readonly Problem[];
  /** The same images, as a `manifest.json` beside the index names them: it may know names and images the index lacks. */
  readonly docker?: DockerImages;
}

/** A source whose blobs are found by digest: OCI layouts, archives of them, and skopeo's directory form. */
export class ContentSource implements ImageSource {
  readonly kind: SourceKind;
  readonly location: string;
  readonly #parts: ContentSourceParts;
  #contents: Promise<Contents> | undefined;

  constructor(parts: ContentSourceParts) {
    this.kind = parts.kind;
    this.location = parts.files.path;
    this.#parts = parts;
  }

  get problems(): readonly Problem[] {
    return [...this.#parts.files.problems, ...this.#parts.problems];
  }

  async list(options?: CallOptions): Promise<readonly ImageEntry[]> {
    return (await this.#read(options)).entries;
  }

  async resolve(entry: ImageEntry, variant: ImageVariant): Promise<ImageCore> {
    const element = (await this.#read()).elements.get(entry.position);
    if (element !== undefined && this.#parts.docker !== undefined)
      return this.#parts.docker.core(element, entry.names);
    if (variant.manifest === undefined)
      throw new EngineError('not-found', this.location, `it has no image ${entry.position}`);
    return this.#core(entry, variant.manifest);
  }

  async locate(digest: Digest): Promise<BlobLocation | undefined> {
    return (await this.#parts.blobs.locate(digest)) ?? this.#parts.docker?.locate(digest);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#parts.files[Symbol.asyncDispose]();
  }

  async #core(entry: ImageEntry, descriptor: Descriptor): Promise<ImageCore> {
    const { blobs } = this.#parts;
    const { bytes, problems } = await blobs.read(descriptor, 'manifest');
    if (bytes === undefined) throw unreadable(descriptor, problems);
    const manifest = parseManifest(bytes, descriptor.digest, descriptor.mediaType);
    if (manifest.kind !== 'manifest')
      throw new EngineError(
        'unsupported',
        descriptor.digest,
        manifest.problems[0]?.detail ?? 'it is no image manifest',
      );
    const found = [...entry.problems, ...problems, ...manifest.problems];
    const configBytes = await readConfig(manifest, descriptor, blobs, found);
    const parents = (configBytes && (await this.#parts.docker?.parentsOf(configBytes))) ?? [];
    return {
      names: entry.names,
      ...(entry.target && { target: entry.target }),
      manifest: { descriptor, bytes },
      ...(configBytes && { configBytes }),
      layers: await locateLayers(manifest, blobs, found),
      attachments: entry.attachments.filter(
        ({ subject }) => subject === undefined || subject === descriptor.digest,
      ),
      ...(parents.length > 0 && { parents }),
      problems: distinct(found),
    };
  }

  /** Reads the index once. A failure or a cancel is not remembered. */
  async #read(options?: CallOptions): Promise<Contents> {
    const reading = (this.#contents ??= readContents(this.#parts, options));
    try {
      return await reading;
    } catch (error) {
      if (this.#contents === reading) this.#contents = undefined;
      throw error;
    }
  }
}

interface Contents {
  readonly entries: readonly ImageEntry[];
  /** The entries that only `manifest.json` has, by position. */
  readonly elements: ReadonlyMap<number, DockerElement>;
}

async function readContents(parts: ContentSourceParts, options?: CallOptions): Promise<Contents> {
  const budget = newWalkBudget();
  const found: FoundEntry[] = [];
  for (const { target, names, problems } of mergeRoots(parts.roots))
    found.push({ target, names, problems, contents: await walkIndex(target, parts.blobs, budget, options) });
  const leftOver = parts.docker === undefined ? [] : await addDockerNames(found, parts.docker);
  const entries = found.map(toEntry);
  const elements = new Map<number, DockerElement>();
  for (const element of leftOver) {
    elements.set(entries.length, element);
    if (parts.docker !== undefined) entries.push(await parts.docker.entry(element, entries.length));
  }
  return { entries, elements };
}

interface FoundEntry {
  readonly target: Descriptor;
  readonly names: string[];
  readonly problems: readonly Problem[];
  readonly contents: IndexContents;
}

/**
 * An index lists an image once per name: entries of one digest are one image. Its target is the entry whose name comes
 * first by bytes, which is the one that Docker's containerd store answers with when asked by ID.
 */
function mergeRoots(roots: readonly Descriptor[]): readonly Omit<FoundEntry, 'contents'>[] {
  const byDigest = new Map<Digest, Root[]>();
  for (const target of roots) {
    const root = { target, ...namesFromAnnotations(target.annotations) };
    const same = byDigest.get(target.digest);
    if (same === undefined) byDigest.set(target.digest, [root]);
    else same.push(root);
  }
  return [...byDigest.values()].map((same) => ({
    target: same.reduce((best, root) => (comesBefore(root, best) ? root : best)).target,
    names: [...new Set(same.flatMap(({ names }) => names))],
    problems: same.flatMap(({ problems }) => problems),
  }));
}

interface Root {
  readonly target: Descriptor;
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

function comesBefore({ names: [a] }: Root, { names: [b] }: Root): boolean {
  return a !== undefined && (b === undefined || Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0);
}

/** Gives names that only `manifest.json` knows to the image with the same config; returns what the index lacks. */
async function addDockerNames(
  found: readonly FoundEntry[],
  docker: DockerImages,
): Promise<readonly DockerElement[]> {
  const leftOver: DockerElement[] = [];
  for (const element of docker.elements) {
    const config = await docker.configDigest(element);
    const owners = found.filter(({ contents }) =>
      contents.variants.some(({ configDigest }) => config !== undefined && configDigest === config),
    );
    const listed = new Set(found.flatMap(({ names }) => names.map(normalizeName)));
    const missing = element.names.filter((name) => !listed.has(name));
    if (owners[0] !== undefined) owners[0].names.push(...missing);
    // Without its config here, the element says nothing that the index's own entry does not.
    else if (config !== undefined && (missing.length > 0 || element.names.length === 0))
      leftOver.push(element);
  }
  return leftOver;
}

function toEntry({ target, names, problems, contents }: FoundEntry, position: number): ImageEntry {
  return {
    position,
    names,
    target,
    variants: contents.variants.map(toVariant),
    attachments: contents.attachments,
    problems: [...problems, ...contents.problems],
  };
}

function toVariant({ position, platform, manifest, isAvailable }: FoundVariant): ImageVariant {
  return { position, isAvailable, ...(platform && { platform }), ...(manifest && { manifest }) };
}

function unreadable({ digest }: Descriptor, problems: readonly Problem[]): EngineError {
  const [problem] = problems;
  if (problem === undefined || problem.code === 'manifest-missing')
    return new EngineError('not-found', digest, 'the manifest is not in the source');
  return new EngineError('damaged', digest, problem.detail ?? problem.code);
}

async function readConfig(
  manifest: ImageManifest,
  descriptor: Descriptor,
  blobs: SourceBlobs,
  problems: Problem[],
): Promise<Uint8Array | undefined> {
  if (manifest.config === undefined) {
    problems.push({
      code: 'config-missing',
      subject: descriptor.digest,
      detail: 'the manifest names no config',
    });
    return undefined;
  }
  const config = await blobs.read(manifest.config, 'config');
  problems.push(...config.problems);
  return config.bytes;
}

async function locateLayers(
  { layers }: ImageManifest,
  blobs: SourceBlobs,
  problems: Problem[],
): Promise<readonly LayerBlob[]> {
  const located: LayerBlob[] = [];
  for (const [position, descriptor] of layers.entries()) {
    const location = descriptor && (await blobs.locate(descriptor.digest));
    const layer = { ...(descriptor && { descriptor }), ...(location && { location }) };
    problems.push(...(await checkLayer(layer, position, descriptor?.digest ?? `layer ${position}`)));
    located.push(layer);
  }
  return located;
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((each) => [JSON.stringify(each), each])).values()];
}
