import type { BlobLocation } from '../archive/blobLocation.ts';
import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageCore, ImageEntry, ImageSource } from './imageSource.ts';
import { EngineError } from '../base/errors.ts';
import { DockerImages } from './dockerImages.ts';
import {
  type DockerElement,
  dockerManifestLimit,
  manifestName,
  parseDockerManifest,
} from './dockerManifest.ts';

/**
 * `docker save` before 25, `podman save`, skopeo, crane, kaniko: a tar, or the folder it was unpacked to, whose
 * `manifest.json` names configs and layers (formats.md §1.2).
 *
 * @returns undefined when there is no such `manifest.json`.
 * @throws EngineError `invalid-archive` when it is there but unusable.
 */
export async function openDockerArchive(files: FilesPort): Promise<ImageSource | undefined> {
  const elements = await readDockerManifest(files);
  return elements && new DockerArchive(files, new DockerImages(files, elements));
}

/** The images of `manifest.json`; undefined when there is none or it is of another kind. */
export async function readDockerManifest(files: FilesPort): Promise<readonly DockerElement[] | undefined> {
  const bytes = await files.read(manifestName, dockerManifestLimit);
  try {
    return bytes && parseDockerManifest(bytes);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new EngineError('invalid-archive', files.path, `its ${manifestName} is unusable: ${cause.detail}`, {
      cause,
    });
  }
}

class DockerArchive implements ImageSource {
  readonly kind = 'docker-archive';
  readonly location: string;
  readonly #files: FilesPort;
  readonly #images: DockerImages;
  #list: Promise<readonly ImageEntry[]> | undefined;

  constructor(files: FilesPort, images: DockerImages) {
    this.location = files.path;
    this.#files = files;
    this.#images = images;
  }

  get problems(): readonly Problem[] {
    return this.#files.problems;
  }

  list(): Promise<readonly ImageEntry[]> {
    this.#list ??= this.#entries();
    return this.#list;
  }

  async resolve(entry: ImageEntry): Promise<ImageCore> {
    const element = this.#images.elements[entry.position];
    if (element === undefined)
      throw new EngineError('not-found', this.location, `it has no image ${entry.position}`);
    return this.#images.core(element, entry.names);
  }

  locate(digest: Digest): Promise<BlobLocation | undefined> {
    return this.#images.locate(digest);
  }

  async #entries(): Promise<readonly ImageEntry[]> {
    const entries: ImageEntry[] = [];
    for (const element of this.#images.elements)
      entries.push(await this.#images.entry(element, entries.length));
    return entries;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#files[Symbol.asyncDispose]();
  }
}
