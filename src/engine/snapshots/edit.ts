import { EngineError } from '../base/errors.ts';
import type { ByteName, LayerPath } from '../base/layerPath.ts';
import { asList, asObject, type JsonObject } from '../oci/json.ts';
import type { Inode, InodeId } from './inode.ts';

/**
 * One step of a change of a writable layer. Steps say what becomes of the layer itself and nothing of the image, so that
 * they can be repeated without it.
 */
export type Edit =
  | { readonly do: 'inode'; readonly id: InodeId; readonly inode: Inode }
  /** The name is one of this inode's; what it was before is forgotten. */
  | { readonly do: 'name'; readonly path: LayerPath; readonly id: InodeId }
  /** A directory, new and empty unless it is there. */
  | { readonly do: 'directory'; readonly path: LayerPath; readonly id: InodeId; readonly isOpaque: boolean }
  | { readonly do: 'whiteout'; readonly path: LayerPath }
  /** The layer has nothing here, nor below. */
  | { readonly do: 'forget'; readonly path: LayerPath }
  | { readonly do: 'move'; readonly from: LayerPath; readonly to: LayerPath };

/** Edits as JSON. Byte strings become text of the characters U+0000 to U+00FF, which JSON keeps. */
export function editsToJson(edits: readonly Edit[]): string {
  return JSON.stringify(edits, (_, value: unknown) =>
    value instanceof Map ? [...(value as Map<string, string>)] : value,
  );
}

/** @throws EngineError `damaged` when it is none of {@link editsToJson}. */
export function editsFromJson(json: string, subject: string): readonly Edit[] {
  try {
    return asList(JSON.parse(json)).map((value) => toEdit(asObject(value) ?? {}));
  } catch (cause) {
    throw new EngineError('damaged', subject, 'a line of the journal cannot be understood', { cause });
  }
}

/** The line's hash has proved that we wrote it; only its form is made ours again. */
function toEdit(value: JsonObject): Edit {
  if (!steps.has(String(value['do']))) throw new EngineError('damaged', String(value['do']), 'no such step');
  if (value['do'] !== 'inode') return value as Edit;
  const inode = asObject(value['inode']) ?? {};
  const xattrs = inode['xattrs'];
  const whole = Array.isArray(xattrs)
    ? { ...inode, xattrs: new Map(xattrs as [ByteName, ByteName][]) }
    : inode;
  return { ...value, inode: whole } as unknown as Edit;
}

const steps: ReadonlySet<string> = new Set<Edit['do']>([
  'inode',
  'name',
  'directory',
  'whiteout',
  'forget',
  'move',
]);
