import type { JsonObject } from '../../oci/json.ts';
import { countOf, given, numberOf, objectOf, objectsOf, textOf, textsOf } from './answerFields.ts';
import type { BuildCacheRecord, EngineDiskUsage, EngineVolume } from './engineApi.ts';
import { parseContainer } from './parseContainers.ts';
import { parseImage } from './parseImages.ts';

/**
 * `GET /system/df` in both its shapes: lists with `LayersSize` at first, and objects `ImageUsage`, … with `Items` from
 * 1.52 (formats.md §3.6). Where both are there, the new one counts.
 */
export function parseDiskUsage(value: unknown): EngineDiskUsage {
  const json = objectOf(value);
  const images = itemsOf(json, 'ImageUsage', 'Images').map(parseImage);
  const layersBytes =
    numberOf(objectOf(json['ImageUsage'])['TotalSize']) ?? numberOf(json['LayersSize']) ?? 0;
  return {
    // Podman writes 0, however many there are.
    ...(layersBytes > 0 || images.length === 0 ? { layersBytes } : {}),
    images,
    containers: itemsOf(json, 'ContainerUsage', 'Containers').map(parseContainer),
    volumes: itemsOf(json, 'VolumeUsage', 'Volumes').map(parseVolume),
    buildCache: itemsOf(json, 'BuildCacheUsage', 'BuildCache').map(parseRecord),
    json,
  };
}

function itemsOf(json: JsonObject, usage: string, list: string): readonly JsonObject[] {
  const items = objectOf(json[usage])['Items'];
  return objectsOf(items ?? json[list]);
}

function parseVolume(json: JsonObject): EngineVolume {
  const usage = objectOf(json['UsageData']);
  return {
    name: textOf(json['Name']) ?? '',
    driver: textOf(json['Driver']) ?? '',
    ...given('sizeBytes', countOf(usage['Size'])),
    ...given('containerCount', countOf(usage['RefCount'])),
  };
}

function parseRecord(json: JsonObject): BuildCacheRecord {
  return {
    id: textOf(json['ID']) ?? '',
    parents: parentsOf(json),
    type: textOf(json['Type']) ?? '',
    description: textOf(json['Description']) ?? '',
    isInUse: json['InUse'] === true,
    isShared: json['Shared'] === true,
    sizeBytes: numberOf(json['Size']) ?? 0,
    ...given('createdAt', textOf(json['CreatedAt'])),
    ...given('lastUsedAt', textOf(json['LastUsedAt'])),
    ...given('usageCount', numberOf(json['UsageCount'])),
  };
}

/** Engine 29 writes the key with a blank before it; 20.10 knows one parent. */
function parentsOf(json: JsonObject): readonly string[] {
  const parent = textOf(json['Parent']);
  const parents = textsOf(json['Parents'] ?? json[' Parents']);
  return parents.length > 0 || parent === undefined ? parents : [parent];
}
