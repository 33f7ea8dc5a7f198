import type { ByteName } from '../../base/layerPath.ts';
import type { ContentDirectory, ContentFile, ContentLink } from '../contentKey/contentTree.ts';

/** What tells a file from how it was before without reading it. Times in nanoseconds since 1970, as builders compare them. */
export interface FileVersion {
  readonly size: number;
  readonly mtimeNs: bigint;
  /** {@link unsettled} when it was written at the moment of the look, so that a later write could bear the same time. */
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  /** Type and permission bits. */
  readonly mode: number;
}

/** A time that no file has. */
export const unsettled = -1n;

/** A build context as it lies on the disk, hashed as a docker client uploads it: owners are root's, ignored paths absent. */
export type ContextNode = ContextDirectory | ContextFile | ContextLink;

export interface ContextDirectory extends ContentDirectory {
  readonly children: ReadonlyMap<ByteName, ContextNode>;
  /** Permission bits. */
  readonly mode: number;
  /**
   * When something was last done to the directory itself: a name in it added, removed or replaced, or its mode changed.
   * {@link unsettled} where that is not known: of one from a record, and of one on another file system than the context.
   */
  readonly ctimeNs: bigint;
}

export interface ContextFile extends ContentFile {
  readonly version: FileVersion;
  /** It has extended attributes that count. */
  readonly hasXattrs?: true;
}

export interface ContextLink extends ContentLink {
  readonly version: FileVersion;
}

/** Something of the context that could not be read: the build will fail if it needs it. */
export interface ContextProblem {
  /** Below the context, as bytes. */
  readonly path: string;
  /** The system's code: `EACCES`, `EIO`. */
  readonly code: string;
}
