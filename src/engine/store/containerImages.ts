import { join } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { asObject } from '../oci/json.ts';
import { type Disk, unlessAbsent } from './disk.ts';
import type { StorePlaces } from './storePlaces.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * The manifests of the images that the store's containers are of (see `snapshots/containerConfig.ts`): what they lead to
 * is no garbage. Containers are made under the store's lock.
 *
 * @throws EngineError `damaged` for a container that does not say: what it needs is not known.
 */
export async function containerImages(disk: Disk, places: StorePlaces): Promise<readonly Digest[]> {
  const ids = (await unlessAbsent(disk.list(places.containers))) ?? [];
  const own = ids.filter(isContainerId);
  const found = await Promise.all(own.map((id) => imageOf(disk, join(places.containers, id, 'config.json'))));
  return found.filter((digest) => digest !== undefined);
}

async function imageOf(disk: Disk, file: string): Promise<Digest | undefined> {
  // Without a config it is no container: one that was never finished, or is being removed.
  const bytes = await unlessAbsent(readWholeFile(disk, file, configLimit));
  if (bytes === undefined) return undefined;
  const manifest = asObject(asObject(parse(bytes))?.['image'])?.['manifest'];
  if (isDigest(manifest)) return manifest;
  throw new EngineError('damaged', file, 'the container does not say which image it is of');
}

/** What containers' folders are called; other tools leave things too. */
export function isContainerId(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name);
}

/** Bytes the config of a container may have. */
export const configLimit = 4 * 1024 * 1024;

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
