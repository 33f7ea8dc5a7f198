import { EngineError } from '../../base/errors.ts';
import type { JsonObject } from '../../oci/json.ts';
import { parseReference, type Reference } from '../../oci/reference.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { type EngineCalls, pathPart } from './engineCalls.ts';
import type { EngineClient } from './engineClient.ts';
import {
  parseDistribution,
  parseHistory,
  parseImageDetails,
  parseImages,
  parseRemoval,
} from './parseImages.ts';
import { registryAuthHeader } from './registryAuth.ts';
import { followLoad, followPull, followPush } from './transferEvents.ts';

type ImageCalls = Pick<
  EngineClient,
  | 'listImages'
  | 'inspectImage'
  | 'imageHistory'
  | 'saveImages'
  | 'loadImages'
  | 'tagImage'
  | 'removeImage'
  | 'pullImage'
  | 'pushImage'
  | 'distributionInspect'
>;

/** Deleting files, and asking a registry, take as long as they take. */
const patientMs = 10 * 60_000;

/** What is asked about images. */
export function imageCalls(calls: EngineCalls): ImageCalls {
  const { endpoint } = calls.connection;
  return {
    listImages: async ({ signal, all, manifests, sharedSize, filters } = {}) => {
      const query = { all, manifests, 'shared-size': sharedSize, filters };
      const idleMs = sharedSize === true ? patientMs : undefined;
      return parseImages(
        await calls.json({ path: '/images/json', query, signal, ...(idleMs && { idleMs }) }),
      );
    },
    inspectImage: async (name, { signal, platform, manifests } = {}) => {
      const query = { manifests, platform: platform && platformJson(platform) };
      const bytes = await calls.bytes({ path: `/images/${pathPart(name)}/json`, query, signal });
      return parseImageDetails(calls.parse(bytes, name), bytes);
    },
    imageHistory: async (name, { signal, platform } = {}) => {
      const query = { platform: platform && platformJson(platform) };
      return parseHistory(await calls.json({ path: `/images/${pathPart(name)}/history`, query, signal }));
    },
    saveImages: async (names, { signal, platforms = [] } = {}) => {
      const query = { names, platform: platforms.map(platformJson) };
      return (await calls.stream({ path: '/images/get', query, signal })).body;
    },
    loadImages: async (archive, { signal, platforms = [], onEvent } = {}) => {
      const query = { platform: platforms.map(platformJson) };
      const headers = { 'Content-Type': 'application/x-tar' };
      const call = { method: 'POST', path: '/images/load', query, headers, body: archive, signal } as const;
      return followLoad((await calls.stream(call)).body, endpoint, onEvent);
    },
    tagImage: async (name, target, { signal } = {}) => {
      const reference = parseReference(target);
      const query = { repo: repositoryOf(reference), tag: reference.tag ?? 'latest' };
      await calls.bytes({ method: 'POST', path: `/images/${pathPart(name)}/tag`, query, signal });
    },
    removeImage: async (name, { signal, force, noPrune } = {}) => {
      const call = { method: 'DELETE', path: `/images/${pathPart(name)}`, idleMs: patientMs } as const;
      return parseRemoval(await calls.json({ ...call, query: { force, noprune: noPrune }, signal }));
    },
    pullImage: async (name, { signal, auth, platform, onEvent } = {}) => {
      const reference = parseReference(name);
      const tag = reference.digest ?? reference.tag ?? 'latest';
      const query = {
        fromImage: repositoryOf(reference),
        tag,
        platform: platform && formatPlatform(platform),
      };
      const call = {
        method: 'POST',
        path: '/images/create',
        query,
        headers: registryAuthHeader(auth),
        signal,
      } as const;
      return followPull((await calls.stream(call)).body, endpoint, onEvent);
    },
    pushImage: async (name, { signal, auth, platform, onEvent } = {}) => {
      const reference = parseReference(name);
      const query = { tag: reference.tag ?? 'latest', platform: platform && platformJson(platform) };
      const path = `/images/${pathPart(repositoryOf(reference))}/push`;
      // Engines insist on the header, even without credentials.
      const headers = registryAuthHeader(auth ?? {});
      const { body } = await calls.stream({ method: 'POST', path, query, headers, signal });
      return followPush(body, endpoint, onEvent);
    },
    distributionInspect: async (name, { signal, auth } = {}) => {
      const path = `/distribution/${pathPart(name)}/json`;
      const answer = await calls.json({ path, headers: registryAuthHeader(auth), signal, idleMs: patientMs });
      const details = parseDistribution(answer);
      if (details === undefined)
        throw new EngineError('refused', calls.subject, 'the answer names no descriptor');
      return details;
    },
  };
}

function repositoryOf({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** As the API takes it: JSON, in docker's spelling of the members. */
function platformJson({ os, architecture, variant, osVersion }: Platform): JsonObject {
  return { os, architecture, ...(variant && { variant }), ...(osVersion && { 'os.version': osVersion }) };
}
