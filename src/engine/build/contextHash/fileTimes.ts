import { statfsSync, statSync } from 'node:fs';
import { unsettled } from './contextFile.ts';

/**
 * When the directory that a context lies in was changed last, in nanoseconds since 1970; `unsettled` where the file system
 * is not known to move a time with every change of a file, by the clock of this machine: those of networks and of other
 * machines, and all that are none of Linux's own.
 */
export function timeAbove(directory: Buffer): bigint {
  try {
    if (process.platform !== 'linux' || !timedSystems.has(statfsSync(directory, { bigint: true }).type))
      return unsettled;
    return statSync(Buffer.concat([directory, Buffer.from('/..')]), { bigint: true }).ctimeNs;
  } catch {
    return unsettled;
  }
}

/** By the number that Linux gives them (statfs(2)): Btrfs, ext2 to ext4, F2FS, OverlayFS, tmpfs, XFS, ZFS. */
const timedSystems: ReadonlySet<bigint> = new Set([
  0x9123683en,
  0xef53n,
  0xf2f52010n,
  0x794c7630n,
  0x01021994n,
  0x58465342n,
  0x2fc12fc1n,
]);
