import type { FilesPort } from '../archive/filesPort.ts';
import type { Problem } from '../base/problem.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DockerElement } from './dockerManifest.ts';
import type { ImageSource, SourceKind } from './imageSource.ts';
import { EngineError } from '../base/errors.ts';
import { type Digest, algorithmOf, hexOf } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { ContentSource } from './contentSource.ts';
import { readDockerManifest } from './dockerArchive.ts';
import { DockerImages } from './dockerImages.ts';
import { SourceBlobs } from './sourceBlobs.ts';

const markerName = 'oci-layout';
export const indexName = 'index.json';
/** Bytes `index.json` may have. */
const indexLimit = 16 * 2 ** 20;

/**
 * An OCI image layout, in a folder or a tar (image-spec, image-layout.md). `docker save` from 25 on and BuildKit's
 * `type=docker` write one with a `manifest.json` beside the index, which then adds names.
 *
 * @returns undefined when there is no `oci-layout` file.
 * @throws EngineError `invalid-archive` when neither the index nor a `manifest.json` can be used.
 */
export async function openOciLayout(files: FilesPort, kind?: SourceKind): Promise<ImageSource | undefined> {
  if ((await files.stat(markerName)) === undefined) return undefined;
  const index = await readIndex(files);
  const docker = await readCompanion(files);
  // Either of the two documents is enough to show the images.
  if (docker.elements === undefined && index.failure !== undefined) throw index.failure;
  const failure = index.failure ?? docker.failure;
  const problems: readonly Problem[] =
    failure === undefined ? [] : [{ code: 'manifest-invalid', subject: files.path, detail: failure.detail }];
  return new ContentSource({
    kind: kind ?? kindOf(files, docker.elements !== undefined),
    files,
    blobs: layoutBlobs(files),
    roots: index.roots,
    problems: [...index.problems, ...problems],
    ...(docker.elements && { docker: new DockerImages(files, docker.elements) }),
  });
}

async function readCompanion(files: FilesPort): Promise<{
  readonly elements?: readonly DockerElement[] | undefined;
  readonly failure?: EngineError;
}> {
  try {
    return { elements: await readDockerManifest(files) };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === 'cancelled') throw error;
    return { failure: error };
  }
}

/** A layout whose marker file was lost: an `index.json` alone. */
export async function openBareIndex(files: FilesPort): Promise<ImageSource | undefined> {
  if ((await files.stat(indexName)) === undefined) return undefined;
  const index = await readIndex(files);
  if (index.failure !== undefined) throw index.failure;
  const marker: Problem = {
    code: 'layout-marker-missing',
    subject: markerName,
    detail: `there is only ${indexName}`,
  };
  return new ContentSource({
    kind: kindOf(files, false),
    files,
    blobs: layoutBlobs(files),
    roots: index.roots,
    problems: [marker, ...index.problems],
  });
}

function kindOf(files: FilesPort, hasDockerManifest: boolean): SourceKind {
  if (hasDockerManifest) return 'docker-archive';
  return files.kind === 'directory' ? 'oci' : 'oci-archive';
}

function layoutBlobs(files: FilesPort): SourceBlobs {
  return new SourceBlobs(files, (digest: Digest) => [`blobs/${algorithmOf(digest)}/${hexOf(digest)}`]);
}

interface IndexRead {
  readonly roots: readonly Descriptor[];
  readonly problems: readonly Problem[];
  readonly failure?: EngineError;
}

async function readIndex(files: FilesPort): Promise<IndexRead> {
  const failed = (detail: string, cause?: unknown): IndexRead => ({
    roots: [],
    problems: [],
    failure: new EngineError('invalid-archive', files.path, detail, { cause }),
  });
  try {
    const bytes = await files.read(indexName, indexLimit);
    if (bytes === undefined) return failed(`it is an OCI layout without ${indexName}`);
    const index = parseManifest(bytes, indexName);
    if (index.kind !== 'index') return failed(`its ${indexName} is an image manifest, not an index`);
    return { roots: index.manifests, problems: index.problems };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === 'cancelled') throw error;
    return failed(`its ${indexName} is unusable: ${error.detail}`, error);
  }
}
