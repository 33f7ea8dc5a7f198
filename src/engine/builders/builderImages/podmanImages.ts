import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { parseContainerConfig } from '../../build/classic/containerConfig.ts';
import { isEngineError } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import type { EngineDocuments } from './engineDocuments.ts';
import { diffIdsOf, historyOf, idOf, instantOf } from './imageFields.ts';

/**
 * One image of Podman, by Podman's own API, which tells histories as they are. Undefined when it is gone meanwhile.
 *
 * @throws EngineError as the engine's client does.
 */
export async function readPodmanImage(
  documents: EngineDocuments,
  root: string,
  id: string,
  signal?: AbortSignal,
): Promise<BuilderImage | undefined> {
  try {
    const name = encodeURIComponent(id.replace(/^sha256:/, ''));
    const json = asObject(await documents.json(`${root}/images/${name}/json`, signal)) ?? {};
    const type = textMember(json, 'ManifestType') ?? '';
    return {
      id: idOf(json['Id']),
      names: [],
      parent: idOf(json['Parent']),
      created: instantOf(json['Created']),
      config: parseContainerConfig(json['Config']),
      history: historyOf(json['History']),
      diffIds: diffIdsOf(json),
      form: type.includes('docker') ? 'docker' : 'oci',
    };
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}
