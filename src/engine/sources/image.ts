import { createHash } from 'node:crypto';
import path from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import { chainIdsOf } from '../oci/chainId.ts';
import { type ChainId, type DiffId, type ImageId, digestOf } from '../oci/digest.ts';
import { type HistoryItem, type ImageConfig, parseImageConfig } from '../oci/imageConfig.ts';
import { type Platform, formatPlatform, platformOf } from '../oci/platform.ts';
import type { ImageCore, ImageEntry, ImageSource, ImageVariant, LayerBlob } from './imageSource.ts';

/** An image with all that follows from its core: identity, layers with their stack names, history aligned to layers. */
export interface Image {
  /** Stable name for URIs and tree ids, 32 hex digits: of the source's location, the entry and the variant. */
  readonly id: string;
  readonly core: ImageCore;
  readonly names: readonly string[];
  /** Digest of the config; undefined when the config is missing. */
  readonly imageId: ImageId | undefined;
  readonly config: ImageConfig | undefined;
  readonly platform: Platform | undefined;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** Oldest first, empty steps included; never shorter than the layers ("no history entry" steps are added). */
  readonly steps: readonly HistoryStep[];
  readonly problems: readonly Problem[];
}

export interface Layer {
  /** From 0, lowest first. */
  readonly position: number;
  readonly blob: LayerBlob;
  readonly diffId: DiffId | undefined;
  readonly chainId: ChainId | undefined;
  /** The history item that made it; undefined when the history has none for it. */
  readonly history: HistoryItem | undefined;
}

export interface HistoryStep {
  readonly item: HistoryItem | undefined;
  /** The layer this step made; undefined for metadata steps and for history beyond the layers. */
  readonly layer: number | undefined;
}

/** What of a source is part of an image's name; a path where no kind is given. */
type ImagePlace = Pick<ImageSource, 'location'> & Partial<Pick<ImageSource, 'kind'>>;

/** Derives an image from what its source gives. Never throws for what the image itself holds: damage becomes problems. */
export function toImage(
  source: ImagePlace,
  entry: ImageEntry,
  variant: ImageVariant,
  core: ImageCore,
): Image {
  const { config, problems } = readConfig(core);
  const steps = alignSteps(config?.history ?? [], core.layers.length);
  const imageId = core.claimedImageId ?? ownImageId(core);
  return {
    id: imageIdentity(source, entry, variant, imageId),
    core,
    names: core.names,
    imageId,
    config,
    platform: (config && platformOf(config.raw)) ?? variant.platform,
    layers: toLayers(core, config, steps),
    steps,
    problems: [...core.problems, ...problems, ...countProblems(core, config)],
  };
}

/** A config that was put together has a digest that nobody knows. */
function ownImageId({ configBytes, isProvisional }: ImageCore): ImageId | undefined {
  if (configBytes === undefined || isProvisional === true) return undefined;
  return digestOf(configBytes) as string as ImageId;
}

function readConfig({ configBytes }: ImageCore): {
  readonly config: ImageConfig | undefined;
  readonly problems: readonly Problem[];
} {
  if (configBytes === undefined) return { config: undefined, problems: [] };
  const subject = digestOf(configBytes);
  try {
    return parseImageConfig(configBytes, subject);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { config: undefined, problems: [{ code: 'config-invalid', subject, detail: error.detail }] };
  }
}

/**
 * The image's content is part of the name, so that a tab left open over a replaced archive shows "gone", not another
 * image under the old name.
 */
function imageIdentity(
  source: ImagePlace,
  entry: ImageEntry,
  variant: ImageVariant,
  imageId: ImageId | undefined,
): string {
  const content = variant.manifest?.digest ?? entry.engineId ?? imageId ?? '';
  const platform = variant.platform ? formatPlatform(variant.platform) : '';
  const parts = [...placeOf(source, entry, variant), content, platform];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}

/** Engines and registries are at no path, and what they list moves with every pull: there the content says all. */
function placeOf(
  { location, kind }: ImagePlace,
  entry: ImageEntry,
  variant: ImageVariant,
): readonly string[] {
  if (kind === 'docker-daemon' || kind === 'docker') return [location];
  return [path.resolve(location), String(entry.position), String(variant.position)];
}

/** Walks history and layers together: each step that is not empty made the next layer. */
function alignSteps(history: readonly HistoryItem[], layerCount: number): readonly HistoryStep[] {
  let next = 0;
  const steps = history.map((item): HistoryStep => {
    const isLayer = !item.isEmptyLayer && next < layerCount;
    return { item, layer: isLayer ? next++ : undefined };
  });
  for (let layer = next; layer < layerCount; layer++) steps.push({ item: undefined, layer });
  return steps;
}

function toLayers(
  core: ImageCore,
  config: ImageConfig | undefined,
  steps: readonly HistoryStep[],
): readonly Layer[] {
  const diffIds = core.layers.map((blob, position) => config?.diffIds[position] ?? blob.claimedDiffId);
  const chainIds = chainIdsOf(diffIds);
  const items = new Map(steps.map(({ item, layer }) => [layer, item]));
  return core.layers.map((blob, position) => ({
    position,
    blob,
    diffId: diffIds[position],
    chainId: chainIds[position],
    history: items.get(position),
  }));
}

function countProblems(core: ImageCore, config: ImageConfig | undefined): readonly Problem[] {
  if (config === undefined || core.configBytes === undefined) return [];
  const subject = digestOf(core.configBytes);
  const layers = core.layers.length;
  const named = config.diffIds.length;
  const made = config.history.filter(({ isEmptyLayer }) => !isEmptyLayer).length;
  const problems: Problem[] = [];
  if (named !== layers)
    problems.push({
      code: 'layer-count-mismatch',
      subject,
      detail: `${layers} layers, the config names ${named}`,
    });
  // The history is optional (image-spec, config.md): none at all contradicts nothing.
  if (made !== layers && config.history.length > 0)
    problems.push({
      code: 'history-mismatch',
      subject,
      detail: `${layers} layers, the history tells of ${made}`,
    });
  return problems;
}
