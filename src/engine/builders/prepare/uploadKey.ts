import path from 'node:path';
import { isSentAsTar } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import type { Builder } from '../builds.ts';
import { cacheNameOf } from '../knownBuilders/engineBuilders.ts';

/**
 * What names the upload that a builder compares the next one with (build-cache.md §1.2): of the docker CLI the context's
 * whole path, of buildx the name of its folder, of buildctl nothing at all. Undefined where nothing is compared: a tar is
 * sent whole, and the classic builder and buildah read everything.
 */
export function uploadKeyOf({ identity }: Builder, { context }: BuildRequest): string | undefined {
  if (identity.kind !== 'buildkit' || isSentAsTar(identity)) return undefined;
  const shared =
    identity.client === 'buildx' ? path.basename(context) : identity.client === 'docker-cli' ? context : '';
  return JSON.stringify([cacheNameOf(identity), identity.client, shared]);
}
