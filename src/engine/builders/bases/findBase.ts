import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Platform } from '../../oci/platform.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { FindImage, FoundImage } from '../prepare/preparedBuild.ts';
import type { BaseMemory } from './baseMemory.ts';

/** Where a builder finds the images that a build begins with, in its own order. */
export interface BasePlaces {
  /** The engine's own images; left out of a builder that has none, and with `--pull`. */
  readonly local?: AskForImage;
  /** The registry; left out when nobody asked for network. */
  readonly registry?: AskForImage;
  /** What registries said before. */
  readonly memory: BaseMemory;
}

export type AskForImage = (
  name: string,
  platform: Platform,
  options: CallOptions,
) => Promise<LocalImage | undefined>;

/**
 * What the builder would take for a name (build-cache.md §1.3, FROM). Without its registry it is what that said the last
 * time, and said to be assumed unless that was a moment ago, or the name holds a digest.
 */
export function findBase({ local, registry, memory }: BasePlaces): FindImage {
  return async (name, platform, options) => {
    try {
      const here = await local?.(name, platform, options);
      if (here !== undefined) return { kind: 'found', image: here };
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      return { kind: 'unknown', reason: 'the engine did not tell' };
    }
    const asked = registry && (await askRegistry(registry, memory, [name, platform, options]));
    return asked?.kind === 'found' ? asked : remembered(memory, name, platform, asked);
  };
}

async function askRegistry(
  ask: AskForImage,
  memory: BaseMemory,
  [name, platform, options]: Parameters<AskForImage>,
): Promise<FoundImage> {
  try {
    const image = await ask(name, platform, options);
    if (image === undefined) return { kind: 'unknown', reason: 'its registry has it not for this platform' };
    await memory.keep(name, platform, image).catch(() => undefined);
    return { kind: 'found', image };
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    return {
      kind: 'unknown',
      reason: `its registry did not tell: ${isEngineError(error) ? error.detail : String(error)}`,
    };
  }
}

async function remembered(
  memory: BaseMemory,
  name: string,
  platform: Platform,
  asked: FoundImage | undefined,
): Promise<FoundImage> {
  const base = await memory.find(name, platform).catch(() => undefined);
  if (base === undefined)
    return asked ?? { kind: 'unknown', reason: 'it is not in the engine, and its registry was not asked' };
  const isSure = asked === undefined && (Date.now() - base.askedAt < freshMs || name.includes('@'));
  return { kind: 'found', image: base.image, ...(!isSure && { isAssumed: true }) };
}

const freshMs = 10 * 60 * 1000;
