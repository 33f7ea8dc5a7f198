import { EngineError } from '../../base/errors.ts';
import type { CacheLink, CacheRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { Sha256 } from '../../build/sha256.ts';
import type { DiffId } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, textMember } from '../../oci/json.ts';

/** The member of an image's config that holds it. */
export const inlineCacheMember = 'moby.buildkit.cache.v0';

/** An image whose config may hold an inline cache. */
export interface CachedImage {
  /** Its name or ID in the engine. */
  readonly subject: string;
  /** Lowest first. */
  readonly diffIds: readonly DiffId[];
  /** Digests of the stored blobs, by position, where they are known. */
  readonly blobs?: readonly StepLayer[];
}

/** A build of a person has a few hundred records. */
const maxRecords = 20_000;
const maxLinks = 200_000;

/**
 * The keys of the build that made an image, as BuildKit wrote them into its config (build-cache.md §0.2): exact, of all
 * stages, with the layers of the result's.
 *
 * @param text of the config's member, base64.
 * @throws EngineError `damaged` when it is none, or refers to what is not there; `limit-exceeded`.
 */
export function parseInlineCache(text: string, image: CachedImage): SeenBuild {
  const list = asList(jsonOf(text, image.subject)).map((value) => asObject(value) ?? {});
  if (list.length > maxRecords)
    throw new EngineError('limit-exceeded', image.subject, `its inline cache has ${list.length} records`);
  const records = list.map((json) => toRecord(json, list.length, image));
  const links = records.flatMap(({ inputs }) => inputs.map((ways) => ways.length));
  if (links.reduce((sum, each) => sum + each, 0) > maxLinks)
    throw new EngineError('limit-exceeded', image.subject, 'its inline cache has too many links');
  const created = records.flatMap(({ layer }) => layer?.created ?? []);
  return {
    kind: 'inline-cache',
    subject: image.subject,
    ...(created.length > 0 && { builtAt: created.reduce((one, other) => Math.max(one, other)) }),
    records,
    steps: [],
  };
}

function jsonOf(text: string, subject: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as unknown;
  } catch (cause) {
    throw new EngineError('damaged', subject, 'its inline cache is not JSON', { cause });
  }
}

function toRecord(json: JsonObject, count: number, image: CachedImage): CacheRecord {
  const key = textMember(json, 'digest') ?? '';
  if (!/^sha256:[a-f0-9]{64}$/.test(key))
    throw new EngineError('damaged', image.subject, 'a record of its inline cache has no digest');
  const inputs = asList(json['inputs']).map((ways) =>
    asList(ways).map((link) => toLink(asObject(link) ?? {}, count, image.subject)),
  );
  const layer = layerOf(json, image);
  return { key: key as Sha256, inputs, ...(layer && { layer }), certainty: 'exact' };
}

function toLink(json: JsonObject, count: number, subject: string): CacheLink {
  // The first one's number is left out, as Go leaves out what is 0.
  const record = json['link'] ?? 0;
  if (typeof record !== 'number' || !Number.isInteger(record) || record < 0 || record >= count)
    throw new EngineError('damaged', subject, 'its inline cache links to a record that is not there');
  return { record, selector: textMember(json, 'selector') ?? '' };
}

/** A record of several results tells several; the last one is the newest. */
function layerOf(json: JsonObject, { subject, diffIds, blobs = [] }: CachedImage): StepLayer | undefined {
  const told = asObject(asList(json['layers']).at(-1));
  if (told === undefined) return undefined;
  const position = told['layer'] ?? 0;
  if (typeof position !== 'number') return undefined;
  const diffId = diffIds[position];
  if (diffId === undefined) return undefined;
  const created = Date.parse(textMember(told, 'createdAt') ?? '');
  return {
    ...blobs[position],
    diffId,
    ...(!Number.isNaN(created) && { created }),
    image: subject,
    position,
  };
}
