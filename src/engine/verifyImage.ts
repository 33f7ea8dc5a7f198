import type { BlobLocation } from './archive/blobLocation.ts';
import { type BlobPlace, isRemote } from './archive/remoteBlob.ts';
import { isEngineError, toEngineError } from './base/errors.ts';
import type { Problem } from './base/problem.ts';
import type { CallOptions } from './base/progress.ts';
import type { LayerWork } from './layers/layerWork.ts';
import { algorithmOf } from './oci/digest.ts';
import type { Image, Layer } from './sources/image.ts';
import { storedSizeOf } from './sources/layerBlobs.ts';

/**
 * Checks every digest of an image: manifest and config were checked when it was opened; each layer is read to its end
 * and compared with the size and digest the manifest claims and with the diffID the config claims. Layers that lie
 * elsewhere are brought here first.
 *
 * @returns all that does not fit, what opening the image found included.
 * @throws EngineError `cancelled`; what keeps layers from being brought here.
 */
export async function verifyImage(
  image: Image,
  work: Pick<LayerWork, 'hashLayer'>,
  options: CallOptions = {},
): Promise<readonly Problem[]> {
  const problems: Problem[] = [...image.problems];
  const total = image.layers.reduce((sum, layer) => sum + weightOf(layer), 0);
  let before = 0;
  for (const layer of image.layers) {
    const place = layer.blob.location ?? layer.blob.remote;
    if (place === undefined) continue;
    const start = before;
    problems.push(
      ...(await verifyLayer(layer, place, work, options.signal, (subject, done) => {
        options.onProgress?.({ subject, done: start + done, total });
      })),
    );
    before += weightOf(layer);
  }
  return problems;
}

/** Bytes to go through: those of a layer that lies elsewhere twice, once to bring it and once to read it. */
function weightOf({ blob }: Layer): number {
  const size = storedSizeOf(blob) ?? 0;
  return blob.location === undefined ? (blob.remote === undefined ? 0 : 2 * size) : size;
}

type OnDone = (subject: string, done: number) => void;

async function verifyLayer(
  layer: Layer,
  place: BlobPlace,
  work: Pick<LayerWork, 'hashLayer'>,
  signal: AbortSignal | undefined,
  onDone: OnDone,
): Promise<readonly Problem[]> {
  if (!isRemote(place)) return hashed(layer, place, work, signal, onDone);
  const subject = nameOf(layer);
  const location = await broughtOrWrong(place, subject, signal, onDone);
  if ('code' in location) return [{ ...location, layer: layer.position }];
  return hashed(layer, location, work, signal, (each, done) => {
    onDone(each, location.size + done);
  });
}

/** The bytes, or that they are not those that the digest names. */
async function broughtOrWrong(
  remote: Extract<BlobPlace, { readonly identity: string }>,
  subject: string,
  signal: AbortSignal | undefined,
  onDone: OnDone,
): Promise<BlobLocation | Problem> {
  const onProgress = ({ done }: { readonly done: number }): void => {
    onDone(subject, done);
  };
  try {
    return await remote.fetch({ ...(signal && { signal }), onProgress });
  } catch (error) {
    if (isEngineError(error, 'not-found')) return { code: 'blob-missing', subject, detail: error.detail };
    if (isEngineError(error, 'digest-mismatch') || isEngineError(error, 'size-mismatch'))
      return {
        code: error.code === 'digest-mismatch' ? error.code : 'size-mismatch',
        subject,
        detail: error.detail,
      };
    throw error;
  }
}

async function hashed(
  layer: Layer,
  location: BlobLocation,
  work: Pick<LayerWork, 'hashLayer'>,
  signal: AbortSignal | undefined,
  onDone: OnDone,
): Promise<readonly Problem[]> {
  const { descriptor } = layer.blob;
  const subject = nameOf(layer);
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
      {
        ...(signal && { signal }),
        onProgress: (report) => {
          onDone(report.subject, report.done);
        },
      },
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

function nameOf({ blob, diffId, position }: Layer): string {
  return blob.descriptor?.digest ?? diffId ?? `layer ${position}`;
}
