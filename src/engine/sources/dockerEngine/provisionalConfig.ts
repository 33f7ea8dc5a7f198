import type { JsonObject } from '../../oci/json.ts';
import { textMember } from '../../oci/json.ts';
import type { EngineImageDetails } from './engineApi.ts';
import type { EngineStep } from './toldSteps.ts';

/**
 * A config put together from what an engine tells of an image, so that it can be shown before its layers have come. It
 * says what the true one says but for members that no engine tells, and times of steps, which are told to the second.
 *
 * @param steps oldest first.
 */
export function provisionalConfig(details: EngineImageDetails, steps: readonly EngineStep[]): Uint8Array {
  const { platform, created, config, diffIds } = details;
  const document = {
    ...given('author', textMember(details.json, 'Author')),
    architecture: platform.architecture,
    ...given('variant', platform.variant),
    ...given('os.version', platform.osVersion),
    ...given('created', created),
    ...given('docker_version', textMember(details.json, 'DockerVersion')),
    config,
    os: platform.os,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: steps.map(historyItem),
  };
  return Buffer.from(JSON.stringify(document));
}

function historyItem({ createdSeconds, createdBy, comment, isEmpty }: EngineStep): JsonObject {
  return {
    ...given('created', timeOf(createdSeconds)),
    ...given('created_by', createdBy),
    ...given('comment', comment),
    ...(isEmpty && { empty_layer: true }),
  };
}

/** 0, and the first second of our era, are what engines say when the config says nothing. */
function timeOf(seconds: number): string | undefined {
  if (seconds <= 0 || seconds > lastSecond) return undefined;
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** Of the year 9999; later ones are no RFC 3339. */
const lastSecond = 253_402_300_799;

function given(name: string, value: string | undefined): JsonObject {
  return value === undefined || value === '' ? {} : { [name]: value };
}
