import type { TarHeader } from '../archive/tarSink.ts';
import { baseName, byteName, type ByteName, fromText, type LayerPath } from '../base/layerPath.ts';
import { parseRfc3339 } from '../base/rfc3339.ts';
import { secondsText } from '../base/secondsText.ts';
import type { EntryType } from '../layers/layerIndex.ts';
import type { ContainerPathStat } from '../sources/dockerEngine/engineApi.ts';
import type { ContainerFile } from './containerFiles.ts';

// What engines tell of a file in two ways: the header of its tar, which knows the owner and the target of a link as it is
// stored, and the stat header, which knows the time to the nanosecond. One alone is half the truth.

/** @param stat of the same file, for the parts of a second, which the tar lacks. */
export function fromTarHeader(path: LayerPath, header: TarHeader, stat?: ContainerPathStat): ContainerFile {
  const type = typeOfFlag(header.typeflag);
  const { mode, uid, gid, size, linkName, deviceMajor: major, deviceMinor: minor, xattrs } = header;
  return {
    path,
    name: baseName(path),
    type,
    mode: mode & 0o7777,
    ...{ uid, gid },
    size: type === 'file' ? size : type === 'symlink' ? linkName.length : 0,
    mtime: instantOf(stat) ?? secondsText(header.mtimeSeconds, header.mtimeNanoseconds),
    ...(type === 'symlink' && { linkTarget: byteName(linkName) }),
    ...((type === 'char' || type === 'block') && { device: { major, minor } }),
    ...(xattrs !== undefined && { xattrs: xattrs as ReadonlyMap<ByteName, ByteName> }),
  };
}

/** A link of which only the stat header is told: its target is where it leads in the end. The owner is not known. */
export function fromLinkStat(path: LayerPath, stat: ContainerPathStat): ContainerFile {
  const linkTarget = fromText(stat.linkTarget ?? '');
  const mtime = instantOf(stat) ?? '0';
  return {
    path,
    name: baseName(path),
    ...{ type: 'symlink', mode: 0o777, uid: 0, gid: 0, size: linkTarget.length, mtime, linkTarget },
  };
}

export function isSymlink({ goMode }: ContainerPathStat): boolean {
  return hasBit(goMode, goBits.symlink);
}

export function isDirectory({ goMode }: ContainerPathStat): boolean {
  return hasBit(goMode, goBits.directory);
}

/** Of Go's `FileMode`. The highest do not fit JavaScript's bit operators. */
const goBits = { directory: 31, symlink: 27 } as const;

function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / 2 ** bit) % 2 === 1;
}

function typeOfFlag(flag: number): EntryType {
  return types.get(String.fromCharCode(flag)) ?? 'file';
}

const types: ReadonlyMap<string, EntryType> = new Map<string, EntryType>([
  ['2', 'symlink'],
  ['3', 'char'],
  ['4', 'block'],
  ['5', 'dir'],
  ['6', 'fifo'],
]);

function instantOf(stat: ContainerPathStat | undefined): string | undefined {
  const instant = parseRfc3339(stat?.modified ?? '');
  return instant && secondsText(instant.seconds, instant.nanoseconds);
}
