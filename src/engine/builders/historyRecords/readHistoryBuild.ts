import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { type DiffId, type Digest, isDigest } from '../../oci/digest.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { BuildHistoryRecord } from '../buildkitControl/historyMessages.ts';
import type { StoredImage } from '../localImages/storedImage.ts';
import { baseKeys, isImage, tryStored } from './baseKeys.ts';
import type { HistoryBuild } from './historyBuild.ts';
import { parseProvenance, type Provenance, type ProvenanceStep } from './provenance.ts';
import { readStepTimings } from './stepTimings.ts';
import { toHistoryBuild } from './toHistoryBuild.ts';

/** The largest provenance that is read: of a build with a thousand steps it is 2 MB. */
const provenanceLimit = 16 * 2 ** 20;

/**
 * Reads what BuildKit keeps of one build. Undefined of a build that failed or still runs: its steps are not told.
 *
 * @param imageName what to call an image of it, by its digest.
 * @throws EngineError as {@link BuildkitControl} and {@link parseProvenance} do.
 */
export async function readHistoryBuild(
  buildkit: BuildkitControl,
  record: BuildHistoryRecord,
  format: KeyFormat,
  imageName: (digest: string) => string | undefined,
  signal?: AbortSignal,
): Promise<HistoryBuild | undefined> {
  const provenance = await readProvenance(buildkit, record, signal);
  if (provenance === undefined) return undefined;
  const [bases, timings, stored] = await Promise.all([
    readBases(buildkit, provenance, signal),
    readStepTimings(buildkit, record.ref, provenance.vertices, signal),
    readResult(buildkit, record, provenance, signal),
  ]);
  const name = record.images.map(({ digest }) => imageName(digest)).find((each) => each !== undefined);
  const layersOf = (step: ProvenanceStep): readonly StepLayer[] => toLayers(step, stored, name);
  return toHistoryBuild(provenance, { record, format, bases, timings, layersOf });
}

async function readProvenance(
  buildkit: BuildkitControl,
  { ref, attestations }: BuildHistoryRecord,
  signal: AbortSignal | undefined,
): Promise<Provenance | undefined> {
  const descriptor = attestations.find(({ mediaType }) => mediaType === 'application/vnd.in-toto+json');
  if (descriptor === undefined || !isDigest(descriptor.digest)) return undefined;
  return parseProvenance(await buildkit.readContent(descriptor.digest, provenanceLimit, signal), ref);
}

async function readBases(
  buildkit: BuildkitControl,
  { steps }: Provenance,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, readonly Sha256[]>> {
  const bases = new Map<number, readonly Sha256[]>();
  for (const [position, step] of steps.entries())
    if (isImage(step)) bases.set(position, await baseKeys(buildkit, step, signal));
  return bases;
}

/** The image that was made tells by what diffID each of its blobs is known. */
async function readResult(
  buildkit: BuildkitControl,
  { images }: BuildHistoryRecord,
  { steps }: Provenance,
  signal: AbortSignal | undefined,
): Promise<StoredImage | undefined> {
  const [image] = images;
  if (image === undefined || /\bconfig\b/.test(image.mediaType)) return undefined;
  const platform = steps.find((step) => step.platform !== undefined)?.platform ?? hostPlatform();
  return tryStored(buildkit, image.digest, platform, signal);
}

/** Empty where one of them is not told. */
function toLayers(
  { layers }: ProvenanceStep,
  stored: StoredImage | undefined,
  name: string | undefined,
): readonly StepLayer[] {
  if (!layers.every(({ digest }) => isDigest(digest))) return [];
  // What stands on other layers than in the image is not the image's.
  const strange = layers.findIndex(
    ({ digest, isPlain }, at) => !isPlain && stored?.blobs[at]?.digest !== digest,
  );
  return layers.map(({ digest, isPlain }, position) => {
    const isInImage = strange < 0 || position < strange;
    const place = name === undefined || !isInImage ? {} : { image: name, position };
    if (isPlain) return { diffId: digest as DiffId, ...place };
    const diffId = isInImage ? stored?.diffIds[position] : undefined;
    return { digest: digest as Digest, ...(diffId && { diffId }), ...place };
  });
}
