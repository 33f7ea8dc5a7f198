import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { parseContainerConfig } from '../../build/classic/containerConfig.ts';
import { isEngineError } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import type { EngineDocuments } from './engineDocuments.ts';
import { diffIdsOf, historyOf, idOf, instantOf } from './imageFields.ts';
import { toldTriggers } from './toldTriggers.ts';

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
    const form = (textMember(json, 'ManifestType') ?? '').includes('docker') ? 'docker' : 'oci';
    const history = historyOf(json['History']);
    // Of all that acts on a build it leaves out the triggers.
    const onbuild = toldTriggers(history, form);
    return {
      id: idOf(json['Id']),
      names: [],
      parent: idOf(json['Parent']),
      created: instantOf(json['Created']),
      config: { ...parseContainerConfig(json['Config']), onbuild: onbuild ?? [] },
      history,
      diffIds: diffIdsOf(json),
      form,
      ...(onbuild === undefined && { hidesTriggers: true }),
    };
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}
