import type { BlobStore, CopyBlob } from './blobStore.ts';
import { copyBlobOn } from './copyBlob.ts';
import type { Disk } from './disk.ts';
import { DiskBlobStore } from './diskBlobStore.ts';
import { Leases, type LeaseTiming } from './leases.ts';
import { nodeDisk } from './nodeDisk.ts';
import { Refs } from './refs.ts';
import { StoreLock, type LockTiming } from './storeLock.ts';
import { StorePlaces } from './storePlaces.ts';

/** The parts of one store on disk. Holds nothing open: any number of them, in any process, may stand for one directory. */
export interface DiskStore {
  readonly disk: Disk;
  readonly places: StorePlaces;
  readonly lock: StoreLock;
  readonly refs: Refs;
  readonly leases: Leases;
  readonly blobs: BlobStore;
  /** Where the heavy work is done. */
  readonly copyBlob: CopyBlob;
  /** For locks of parts of the store. */
  readonly lockTiming: LockTiming | undefined;
}

export interface DiskStoreOptions {
  readonly disk?: Disk;
  /** Default: in place, on the calling thread. */
  readonly copyBlob?: CopyBlob;
  readonly lockTiming?: LockTiming;
  readonly leaseTiming?: LeaseTiming;
}

/** Puts the parts together without touching the disk; `openDiskStore` also sees that the store is there and sound. */
export function diskStoreAt(directory: string, options: DiskStoreOptions = {}): DiskStore {
  const { disk = nodeDisk, copyBlob = copyBlobOn(disk) } = options;
  const places = new StorePlaces(directory);
  const lock = new StoreLock(disk, places, options.lockTiming);
  return {
    disk,
    places,
    lock,
    refs: new Refs(disk, places, lock),
    leases: new Leases(disk, places, lock, options.leaseTiming),
    blobs: new DiskBlobStore(disk, places, copyBlob),
    copyBlob,
    lockTiming: options.lockTiming,
  };
}
