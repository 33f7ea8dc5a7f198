import { parseLayerPath } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { FileOwner } from '../../build/operationKey/fileKey.ts';
import type { UnionView } from '../../rootfs/rootfs.ts';
import type { LayerFiles } from './layerFiles.ts';

export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom `--chown` means, by the files of what is copied onto, as BuildKit reads them: a number stands for its group too, a
 * name has the group that it is listed with. Undefined where a name is not listed.
 */
export async function ownerIds(
  { user, group }: FileOwner,
  below: UnionView | undefined,
  layers: LayerFiles,
  options?: CallOptions,
): Promise<OwnerIds | undefined> {
  const read = (path: string): Promise<readonly (readonly string[])[]> =>
    readTable(path, below, layers, options);
  const listed = typeof user === 'number' ? undefined : rowOf(await read('/etc/passwd'), user);
  const uid = typeof user === 'number' ? user : idIn(listed, 2);
  const usual = typeof user === 'number' ? user : idIn(listed, 3);
  const named = typeof group === 'string' ? idIn(rowOf(await read('/etc/group'), group), 2) : group;
  const gid = group === undefined ? usual : named;
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

async function readTable(
  path: string,
  below: UnionView | undefined,
  layers: LayerFiles,
  options?: CallOptions,
): Promise<readonly (readonly string[])[]> {
  const file = below?.resolve(parseLayerPath(path));
  if (file?.type !== 'file' || file.size > mostBytes) return [];
  const text = Buffer.from(await layers.read(file, mostBytes, options)).toString();
  return text.split('\n').map((line) => line.split(':'));
}

function rowOf(rows: readonly (readonly string[])[], name: string): readonly string[] | undefined {
  return rows.find(([first]) => first === name);
}

function idIn(row: readonly string[] | undefined, column: number): number | undefined {
  const text = row?.[column];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

const mostBytes = 1024 * 1024;
