import { type ByteName, joinPath, type LayerPath, toText } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { PathDifference } from '../../build/cache/cacheReport.ts';
import type { ArchiveMember } from '../../build/cache/contextView.ts';
import type { RootfsEntry, UnionView } from '../../rootfs/rootfs.ts';
import type { LayerFiles } from './layerFiles.ts';

/** Where an archive was unpacked, and the layer that has what was in it. */
export interface UnpackedPlace {
  /** The directory. */
  readonly to: LayerPath;
  readonly layer: number;
  readonly above: UnionView;
  readonly layers: LayerFiles;
  /**
   * When the layer is said to have been made, which is what exporters may set later times to (`rewrite-timestamp`);
   * milliseconds since 1970, `NaN` where that is not known: then times are not compared.
   */
  readonly createdMs: number;
}

/**
 * Files of an archive that are others than a layer has of it, up to the first one that bytes decide: then the archive is
 * another one, too. That all are the same proves nothing: an archive may be made anew of the same files.
 */
export async function archiveDifferences(
  members: readonly ArchiveMember[],
  place: UnpackedPlace,
  options?: CallOptions,
): Promise<readonly PathDifference[]> {
  const pairs = members.map((member) => ({ member, entry: entryOf(member, place) }));
  const seen = pairs.flatMap(({ member, entry }) => differenceOf(member, entry, place) ?? []);
  if (seen.length > 0) return seen;
  for (const { member, entry } of pairs)
    if (
      entry !== undefined &&
      member.size > 0 &&
      (await place.layers.sha256(entry, options)) !== member.sha256
    )
      return [{ path: toText(member.path), change: 'content' }];
  return [];
}

function entryOf({ path }: ArchiveMember, { to, above }: UnpackedPlace): RootfsEntry | undefined {
  const parts = path.split('/').map((name) => name as ByteName);
  return above.lookup(parts.reduce(joinPath, to));
}

function differenceOf(
  { path, size, mtimeSeconds }: ArchiveMember,
  entry: RootfsEntry | undefined,
  { layer, createdMs }: UnpackedPlace,
): PathDifference | undefined {
  const name = toText(path);
  if (entry === undefined || entry.layer < layer) return { path: name, change: 'added' };
  if (entry.type !== 'file') return { path: name, change: 'type' };
  const mtime = Math.floor(Number(entry.mtime ?? 0));
  const isOfTime =
    mtime === mtimeSeconds || Number.isNaN(createdMs) || mtime === Math.floor(createdMs / 1000);
  return entry.size !== size || !isOfTime ? { path: name, change: 'content' } : undefined;
}
