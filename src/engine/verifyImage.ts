import type { BlobLocation } from './archive/blobLocation.ts';
import { isEngineError, toEngineError } from './base/errors.ts';
import type { Problem } from './base/problem.ts';
import type { CallOptions } from './base/progress.ts';
import type { LayerWork } from './layers/layerWork.ts';
import { algorithmOf } from './oci/digest.ts';
import type { Image, Layer } from './sources/image.ts';

/**
 * Checks every digest of an image: manifest and config were checked when it was opened; each layer is read to its end
 * and compared with the size and digest the manifest claims and with the diffID the config claims.
 *
 * @returns all that does not fit, what opening the image found included.
 */
export async function verifyImage(
  image: Image,
  work: Pick<LayerWork, 'hashLayer'>,
  options: CallOptions = {},
): Promise<readonly Problem[]> {
  const problems: Problem[] = [...image.problems];
  const total = image.layers.reduce((sum, { blob }) => sum + (blob.location?.size ?? 0), 0);
  let before = 0;
  for (const layer of image.layers) {
    const { location } = layer.blob;
    if (location === undefined) continue;
    const start = before;
    const found = await verifyLayer(layer, location, work, {
      ...options,
      onProgress: ({ subject, done }) => options.onProgress?.({ subject, done: start + done, total }),
    });
    problems.push(...found);
    before += location.size;
  }
  return problems;
}

async function verifyLayer(
  layer: Layer,
  location: BlobLocation,
  work: Pick<LayerWork, 'hashLayer'>,
  options: CallOptions,
): Promise<readonly Problem[]> {
  const { descriptor } = layer.blob;
  const subject = descriptor?.digest ?? layer.diffId ?? `layer ${layer.position}`;
  const problem = (code: Problem['code'], detail: string): Problem => ({
    code,
    subject,
    detail,
    layer: layer.position,
  });
  try {
    const actual = await work.hashLayer(
      location,
      {
        digest: descriptor ? algorithmOf(descriptor.digest) : 'sha256',
        diffId: layer.diffId ? algorithmOf(layer.diffId) : 'sha256',
      },
      options,
    );
    return [
      ...(descriptor !== undefined && descriptor.size !== location.size
        ? [problem('size-mismatch', `${location.size} bytes, not ${descriptor.size}`)]
        : []),
      ...(descriptor !== undefined && descriptor.digest !== actual.digest
        ? [problem('digest-mismatch', `got ${actual.digest}`)]
        : []),
      ...(layer.diffId !== undefined && layer.diffId !== actual.diffId
        ? [problem('diffid-mismatch', `got ${actual.diffId}`)]
        : []),
    ];
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    const failure = toEngineError(error, subject);
    return [problem(failure.code === 'truncated' ? 'blob-truncated' : 'blob-damaged', failure.detail)];
  }
}
