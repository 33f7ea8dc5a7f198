import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { Platform } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { parseInlineCache } from './parseInlineCache.ts';

type ImportingBuild = Pick<PreparedBuild, 'builder' | 'plan'> & {
  readonly request: Pick<PreparedBuild['request'], 'cacheFrom'>;
};

export interface ImportedCaches {
  /** What could be read, newest first. */
  readonly seen: readonly SeenBuild[];
  /** Values of `--cache-from` that could not be read. */
  readonly unread: readonly string[];
}

/**
 * The caches that a build is told to import, as far as they are inline caches of images in registries. One that is not
 * there is none: builders pass over it, too.
 *
 * @param ask undefined where no registry is to be asked.
 * @throws EngineError `cancelled`.
 */
export async function importedCaches(
  { builder: { identity }, request: { cacheFrom = [] }, plan }: ImportingBuild,
  ask: AskForImage | undefined,
  options: CallOptions,
): Promise<ImportedCaches> {
  const platform = plan.stages[plan.target ?? 0]?.platform;
  // An engine with a store of the classic kind looks among its own images first.
  const registry = identity.imageStore === 'classic' ? undefined : ask;
  const found = await Promise.all(cacheFrom.map((from) => readCache(from, platform, registry, options)));
  return {
    seen: found.flatMap((each) => (typeof each === 'object' ? each : [])),
    unread: cacheFrom.filter((_, at) => found[at] === 'unread'),
  };
}

async function readCache(
  from: string,
  platform: Platform | undefined,
  ask: AskForImage | undefined,
  options: CallOptions,
): Promise<SeenBuild | 'none' | 'unread'> {
  const name = registryName(from);
  if (name === undefined || platform === undefined || ask === undefined) return 'unread';
  try {
    const image = await ask(name, platform, options);
    if (image === undefined) return 'unread';
    const { inlineCache, diffIds } = image;
    if (inlineCache === undefined) return 'none';
    return asImported(parseInlineCache(inlineCache, { subject: name, diffIds }));
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    return isEngineError(error, 'not-found') ? 'none' : 'unread';
  }
}

/** `type=registry,ref=NAME`, or a name alone. */
function registryName(from: string): string | undefined {
  if (!from.includes('=')) return normalizeName(from);
  const members = new Map(from.split(',').map((part) => split(part)));
  const name = members.get('ref');
  return members.get('type') === 'registry' && name !== undefined ? normalizeName(name) : undefined;
}

function split(part: string): readonly [string, string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1)];
}

/** It names the steps of all stages, and has the layers of the last one alone. */
function asImported(build: SeenBuild): SeenBuild {
  const records = build.records.map((record) =>
    record.layer === undefined ? { ...record, isKeyAlone: true } : record,
  );
  return { ...build, isImported: true, records };
}
