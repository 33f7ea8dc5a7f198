import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
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
import { checkLayer } from './layerBlobs.ts';
import { type IndexedParts, type SourceContents, readContents } from './sourceContents.ts';

export interface ContentSourceParts extends IndexedParts {
  readonly kind: SourceKind;
  /** Closed with the source. */
  readonly files: FilesPort;
  readonly problems: readonly Problem[];
}

/** A source whose blobs are found by digest: OCI layouts, archives of them, and skopeo's directory form. */
export class ContentSource implements ImageSource {
  readonly kind: SourceKind;
  readonly location: string;
  readonly #parts: ContentSourceParts;
  #contents: Promise<SourceContents> | undefined;

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
  async #read(options?: CallOptions): Promise<SourceContents> {
    const reading = (this.#contents ??= readContents(this.#parts, options));
    try {
      return await reading;
    } catch (error) {
      if (this.#contents === reading) this.#contents = undefined;
      throw error;
    }
  }
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
