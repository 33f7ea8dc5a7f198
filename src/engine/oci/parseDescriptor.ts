import type { Problem } from '../base/problem.ts';
import type { Descriptor } from './descriptor.ts';
import { createHash } from 'node:crypto';
import { type Digest, algorithmOf, hexOf, isDigest } from './digest.ts';
import { type JsonObject, asObject, member, textList, textMap, textMember } from './json.ts';
import { platformOf } from './platform.ts';

/**
 * One descriptor of a manifest or index. What cannot be a descriptor (no usable digest) is reported and undefined; a
 * size that is no size is reported and becomes 0.
 */
export function parseDescriptor(
  value: unknown,
  subject: string,
  problems: Problem[],
): Descriptor | undefined {
  const object = asObject(value);
  const digest = object && member(object, 'digest');
  if (object === undefined || !isDigest(digest)) {
    const detail =
      typeof digest === 'string' ? `"${digest}" is no digest read here` : 'a descriptor has no digest';
    problems.push({ code: 'manifest-invalid', subject, detail });
    return undefined;
  }
  const data = dataOf(object, digest, problems);
  return {
    mediaType: textMember(object, 'mediaType') ?? '',
    digest,
    size: sizeOf(object, digest, problems),
    ...optionalMembers(object),
    ...(data !== undefined && { data }),
  };
}

/** Whether the bytes have that digest. */
export function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  return createHash(algorithmOf(digest)).update(bytes).digest('hex') === hexOf(digest);
}

function sizeOf(object: JsonObject, digest: Digest, problems: Problem[]): number {
  const size = member(object, 'size');
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  problems.push({
    code: 'size-mismatch',
    subject: digest,
    detail: `its descriptor says ${describe(size)} for its size`,
  });
  return 0;
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 40);
}

function optionalMembers(object: JsonObject): Partial<Descriptor> {
  const annotations = textMap(object, 'annotations');
  const platform = asObject(member(object, 'platform'));
  const parsed = platform && platformOf(platform);
  const artifactType = textMember(object, 'artifactType');
  const urls = textList(object, 'urls');
  return {
    ...(annotations !== undefined && { annotations }),
    ...(parsed !== undefined && { platform: parsed }),
    ...(artifactType !== undefined && { artifactType }),
    ...(urls.length > 0 && { urls }),
  };
}

/** The embedded bytes, when they are what the digest names (image-spec, descriptor.md, "Embedded Content"). */
function dataOf(object: JsonObject, digest: Digest, problems: Problem[]): Uint8Array | undefined {
  const text = textMember(object, 'data');
  if (text === undefined) return undefined;
  const data = Buffer.from(text, 'base64');
  if (hasDigest(data, digest)) return data;
  problems.push({ code: 'digest-mismatch', subject: digest, detail: 'its descriptor embeds other bytes' });
  return undefined;
}
