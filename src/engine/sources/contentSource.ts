import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageCore, ImageEntry, ImageSource, ImageVariant, SourceKind } from './imageSource.ts';
import type { SourceBlobs } from './sourceBlobs.ts';
import { EngineError } from '../base/errors.ts';
import { readCore } from './readCore.ts';
import { type IndexedParts, type SourceContents, readContents } from './sourceContents.ts';

export interface ContentSourceParts extends IndexedParts {
  readonly kind: SourceKind;
  readonly blobs: SourceBlobs;
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
    const core = await readCore(entry, variant.manifest, this.#parts.blobs);
    const parents = (core.configBytes && (await this.#parts.docker?.parentsOf(core.configBytes))) ?? [];
    return parents.length > 0 ? { ...core, parents } : core;
  }

  async locate(digest: Digest): Promise<BlobLocation | undefined> {
    return (await this.#parts.blobs.locate(digest)) ?? this.#parts.docker?.locate(digest);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#parts.files[Symbol.asyncDispose]();
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
