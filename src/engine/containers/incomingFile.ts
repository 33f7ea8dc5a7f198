import type { SparseMap } from '../archive/sparseMap.ts';
import type { FileAttributes } from '../rootfs/rootfs.ts';

/** A file on its way into a container, from this machine or from a tar. */
export interface IncomingFile extends FileAttributes {
  /** Bytes; relative to where it is copied to, without `.` and `..`; empty for that folder itself. */
  readonly name: string;
  /** Another name, of a file that came before, whose second name this is. */
  readonly hardlinkTo?: string;
  /** Bytes of a file's content as it comes; an estimate where it is being written. */
  readonly size: number;
  /** Of a sparse file: where its bytes belong, and how long it is. */
  readonly sparse?: { readonly map: SparseMap; readonly size: number };
  readonly content?: AsyncIterable<Uint8Array>;
}
