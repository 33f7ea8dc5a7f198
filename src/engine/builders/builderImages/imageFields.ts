import { parseRfc3339 } from '../../base/rfc3339.ts';
import type { ImageHistory } from '../../build/classic/builderImage.ts';
import { type DiffId, isDigest } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, textMember } from '../../oci/json.ts';

/** Milliseconds since 1970 with their fraction; 0 of what is no instant. */
export function instantOf(value: unknown): number {
  const time = typeof value === 'string' ? parseRfc3339(value) : undefined;
  return time === undefined ? 0 : time.seconds * 1000 + time.nanoseconds / 1e6;
}

/** `history` of a config, whose members every engine spells alike. */
export function historyOf(value: unknown): readonly ImageHistory[] {
  return asList(value).map((each) => {
    const json = asObject(each) ?? {};
    return {
      createdBy: textMember(json, 'created_by') ?? '',
      created: textMember(json, 'created') ?? '',
      comment: textMember(json, 'comment') ?? '',
      isEmpty: json['empty_layer'] === true,
    };
  });
}

export function diffIdsOf(json: JsonObject): readonly DiffId[] {
  const layers = asList(asObject(json['RootFS'])?.['Layers']);
  return layers.filter(isDigest).map((each) => each as string as DiffId);
}

/** Podman leaves the algorithm out. */
export function idOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  return /^[0-9a-f]{64}$/.test(value) ? `sha256:${value}` : value;
}
