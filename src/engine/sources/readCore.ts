import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageCore, ImageEntry, LayerBlob } from './imageSource.ts';
import type { ContentBlobs } from './sourceBlobs.ts';
import { EngineError } from '../base/errors.ts';
import { type ImageManifest, parseManifest } from '../oci/manifest.ts';
import { checkLayer } from './layerBlobs.ts';

/**
 * What an image manifest leads to, of a source whose blobs are found by digest. Layers are found, not read.
 *
 * @throws EngineError `not-found` without the manifest; `damaged`, `invalid-manifest`; `unsupported` when it is no image.
 */
export async function readCore(
  entry: ImageEntry,
  descriptor: Descriptor,
  blobs: ContentBlobs,
  options?: CallOptions,
): Promise<ImageCore> {
  const { bytes, problems } = await blobs.read(descriptor, 'manifest', options);
  if (bytes === undefined) throw unreadable(descriptor, problems);
  const manifest = requireManifest(bytes, descriptor);
  const found = [...entry.problems, ...problems, ...manifest.problems];
  const configBytes = await readConfig(manifest, descriptor, blobs, found, options);
  return {
    names: entry.names,
    ...(entry.target && { target: entry.target }),
    manifest: { descriptor, bytes },
    ...(configBytes && { configBytes }),
    layers: await findLayers(manifest, blobs, found),
    attachments: entry.attachments.filter(
      ({ subject }) => subject === undefined || subject === descriptor.digest,
    ),
    problems: distinct(found),
  };
}

function requireManifest(bytes: Uint8Array, { digest, mediaType }: Descriptor): ImageManifest {
  const manifest = parseManifest(bytes, digest, mediaType);
  if (manifest.kind === 'manifest') return manifest;
  throw new EngineError('unsupported', digest, manifest.problems[0]?.detail ?? 'it is no image manifest');
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
  blobs: ContentBlobs,
  problems: Problem[],
  options: CallOptions | undefined,
): Promise<Uint8Array | undefined> {
  if (manifest.config === undefined) {
    problems.push({
      code: 'config-missing',
      subject: descriptor.digest,
      detail: 'the manifest names no config',
    });
    return undefined;
  }
  const config = await blobs.read(manifest.config, 'config', options);
  problems.push(...config.problems);
  return config.bytes;
}

async function findLayers(
  { layers }: ImageManifest,
  blobs: ContentBlobs,
  problems: Problem[],
): Promise<readonly LayerBlob[]> {
  const found: LayerBlob[] = [];
  for (const [position, descriptor] of layers.entries()) {
    const layer: LayerBlob = { ...(descriptor && { descriptor, ...(await blobs.find(descriptor)) }) };
    problems.push(...(await checkLayer(layer, position, descriptor?.digest ?? `layer ${position}`)));
    found.push(layer);
  }
  return found;
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((each) => [JSON.stringify(each), each])).values()];
}
