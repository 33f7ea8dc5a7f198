import type { ByteName } from '../../base/layerPath.ts';
import type { ContentDirectory, ContentFile, ContentLink } from '../contentKey/contentTree.ts';

/** What tells a file from how it was before without reading it. Times in milliseconds, as exact as a number is. */
export interface FileVersion {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A build context as it lies on the disk, hashed as a docker client uploads it: owners are root's, ignored paths absent. */
export type ContextNode = ContextDirectory | ContextFile | ContextLink;

export interface ContextDirectory extends ContentDirectory {
  readonly children: ReadonlyMap<ByteName, ContextNode>;
  /** Permission bits. */
  readonly mode: number;
}

export interface ContextFile extends ContentFile {
  readonly version: FileVersion;
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
