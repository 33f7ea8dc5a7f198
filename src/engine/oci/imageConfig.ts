import type { Problem } from '../base/problem.ts';
import { EngineError } from '../base/errors.ts';
import { type DiffId, isDigest } from './digest.ts';
import { type JsonObject, asList, asObject, member, parseJson, textMember } from './json.ts';

/** One step of `history` (image-spec, config.md). Absent fields stay absent. */
export interface HistoryItem {
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly isEmptyLayer: boolean;
}

/** The config of an image, parsed once; unknown fields stay in `raw`. */
export interface ImageConfig {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly osVersion?: string;
  readonly variant?: string;
  readonly dockerVersion?: string;
  /** Lowest layer first; undefined where the config has something that is no digest, so that positions stay. */
  readonly diffIds: readonly (DiffId | undefined)[];
  readonly history: readonly HistoryItem[];
  /** The `config` member, as it is. */
  readonly runtime: Readonly<Record<string, unknown>>;
}

/**
 * Parses the config of an image. Absent, null and odd members are left out; the odd ones are reported.
 *
 * @throws EngineError `invalid-config` when it is not a JSON object.
 */
export function parseImageConfig(
  bytes: Uint8Array,
  subject: string,
): { readonly config: ImageConfig; readonly problems: readonly Problem[] } {
  const document = parseJson(bytes, subject, 'config');
  const raw = asObject(document.value);
  if (raw === undefined) throw new EngineError('invalid-config', subject, 'it is not a JSON object');
  const problems = [...document.problems];
  const report = (detail: string): void => {
    problems.push({ code: 'config-invalid', subject, detail });
  };
  const config: ImageConfig = {
    raw,
    ...textMembers(raw),
    diffIds: diffIdsOf(raw, report),
    history: asList(member(raw, 'history')).map(toHistoryItem),
    runtime: asObject(member(raw, 'config')) ?? {},
  };
  return { config, problems };
}

type TextMembers = Pick<
  ImageConfig,
  'created' | 'author' | 'comment' | 'architecture' | 'os' | 'osVersion' | 'variant' | 'dockerVersion'
>;

const textNames: Readonly<Record<keyof TextMembers, string>> = {
  created: 'created',
  author: 'author',
  comment: 'comment',
  architecture: 'architecture',
  os: 'os',
  osVersion: 'os.version',
  variant: 'variant',
  dockerVersion: 'docker_version',
};

function textMembers(raw: JsonObject): TextMembers {
  const found = Object.entries(textNames).map(([name, key]) => [name, textMember(raw, key)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function diffIdsOf(raw: JsonObject, report: (detail: string) => void): readonly (DiffId | undefined)[] {
  const rootfs = asObject(member(raw, 'rootfs'));
  if (rootfs === undefined) {
    report('it has no rootfs, so its layers have no diffIDs');
    return [];
  }
  if (member(rootfs, 'type') !== 'layers') report('the type of its rootfs is not "layers"');
  return asList(member(rootfs, 'diff_ids')).map((each, layer) => {
    // A digest of a config names uncompressed bytes: the same grammar, another meaning.
    if (isDigest(each)) return each as string as DiffId;
    report(`the diffID of layer ${layer} is no digest read here`);
    return undefined;
  });
}

function toHistoryItem(value: unknown): HistoryItem {
  const item = asObject(value) ?? {};
  const created = textMember(item, 'created');
  const createdBy = textMember(item, 'created_by');
  const author = textMember(item, 'author');
  const comment = textMember(item, 'comment');
  return {
    ...(created !== undefined && { created }),
    ...(createdBy !== undefined && { createdBy }),
    ...(author !== undefined && { author }),
    ...(comment !== undefined && { comment }),
    isEmptyLayer: member(item, 'empty_layer') === true,
  };
}
