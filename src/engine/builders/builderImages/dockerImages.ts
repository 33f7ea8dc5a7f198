import type { BuilderImage, ImageHistory } from '../../build/classic/builderImage.ts';
import { parseContainerConfig } from '../../build/classic/containerConfig.ts';
import { isEngineError } from '../../base/errors.ts';
import { isDigest } from '../../oci/digest.ts';
import { asObject, type JsonObject } from '../../oci/json.ts';
import { isAtLeast } from '../../sources/dockerEngine/apiVersion.ts';
import { findEmptySteps } from '../../sources/dockerEngine/emptySteps.ts';
import { platformFrom } from '../../sources/dockerEngine/answerFields.ts';
import { parseHistory } from '../../sources/dockerEngine/parseImages.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import { readStoredImage } from '../localImages/storedImage.ts';
import type { EngineDocuments } from './engineDocuments.ts';
import { diffIdsOf, historyOf, idOf, instantOf } from './imageFields.ts';

/** The last version in which an engine tells the config of the container that an image was made in. */
const lastVersion = '1.44';

/** The version in which images are asked for. */
export function classicVersion(newest: string): string {
  return isAtLeast(newest, lastVersion) ? lastVersion : newest;
}

/**
 * One image of a Docker Engine. Undefined when it is gone meanwhile.
 *
 * @param buildkit of an engine with the containerd store, which tells histories as they are.
 * @throws EngineError as the engine's client does.
 */
export async function readDockerImage(
  documents: EngineDocuments,
  version: string,
  id: string,
  buildkit: BuildkitControl | undefined,
  signal?: AbortSignal,
): Promise<BuilderImage | undefined> {
  const path = `/v${version}/images/${encodeURIComponent(id).replaceAll('%3A', ':')}`;
  try {
    const json = asObject(await documents.json(`${path}/json`, signal)) ?? {};
    const history =
      (buildkit && (await storedHistory(buildkit, json, signal))) ??
      (await toldHistory(documents, `${path}/history`, diffIdsOf(json).length, signal));
    return toImage(json, history);
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

function toImage(json: JsonObject, history: readonly ImageHistory[]): BuilderImage {
  // Of an image from BuildKit or an import it is empty, and so it is compared.
  const container = asObject(json['ContainerConfig']);
  return {
    id: idOf(json['Id']),
    names: [],
    parent: idOf(json['Parent']),
    created: instantOf(json['Created']),
    ...(container && { containerConfig: parseContainerConfig(container) }),
    config: parseContainerConfig(json['Config']),
    history,
    diffIds: diffIdsOf(json),
  };
}

/** Undefined when the content is not to be had. */
async function storedHistory(
  buildkit: BuildkitControl,
  json: JsonObject,
  signal: AbortSignal | undefined,
): Promise<readonly ImageHistory[] | undefined> {
  const id = idOf(json['Id']);
  if (!isDigest(id)) return undefined;
  try {
    const stored = await readStoredImage(buildkit, id, platformFrom(json), signal);
    return stored && historyOf(stored.config['history']);
  } catch (error) {
    if (isEngineError(error, 'not-found') || isEngineError(error, 'unsupported')) return undefined;
    throw error;
  }
}

/** Oldest first. Engines tell seconds, and not which steps made layers. */
async function toldHistory(
  documents: EngineDocuments,
  path: string,
  layerCount: number,
  signal: AbortSignal | undefined,
): Promise<readonly ImageHistory[]> {
  const rows = [...parseHistory(await documents.json(path, signal))].reverse();
  const empty = findEmptySteps(rows, layerCount);
  return rows.map(({ createdBy, createdSeconds, comment }, step) => ({
    createdBy,
    created: new Date(createdSeconds * 1000).toISOString(),
    comment,
    isEmpty: empty[step] === true,
  }));
}
