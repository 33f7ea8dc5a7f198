import type { BigIntStats } from 'node:fs';
import { type FileVersion, unsettled } from './contextFile.ts';

/** File systems give times by a clock that ticks up to a hundred times a second. */
export const tickNs = 20_000_000n;

/** @param nowMs when its bytes were read; left out where no bytes count. */
export function versionOf({ size, mtimeNs, ctimeNs, ino, mode }: BigIntStats, nowMs?: number): FileVersion {
  const isSettled = nowMs === undefined || BigInt(Math.trunc(nowMs)) * 1_000_000n > ctimeNs + tickNs;
  return {
    size: Number(size),
    mtimeNs,
    ctimeNs: isSettled ? ctimeNs : unsettled,
    inode: ino,
    mode: Number(mode),
  };
}

/** Whether nothing was done to a file since. */
export function isSameVersion(one: FileVersion, other: FileVersion): boolean {
  return looksSame(one, other) && one.ctimeNs === other.ctimeNs && one.inode === other.inode;
}

/** Whether BuildKit's upload takes a file for the one that it has (build-cache.md §1.2). */
export function looksSame(one: FileVersion, other: FileVersion): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.mode === other.mode;
}
