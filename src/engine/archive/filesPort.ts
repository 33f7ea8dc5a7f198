import type { CallOptions } from '../base/progress.ts';
import type { Problem } from '../base/problem.ts';
import type { BlobLocation } from './blobLocation.ts';

/**
 * The files of a directory or of an archive, read-only, by one kind of name: relative, `/` between components, no `.`
 * and no empty component, as text (see `toText`). Links count as the file they lead to, inside the root only.
 */
export interface FilesPort extends AsyncDisposable {
  readonly kind: 'directory' | 'archive';
  /** The path that was opened. */
  readonly path: string;
  /** What is wrong with it as a whole: cut short, damaged, entries that point outside. */
  readonly problems: readonly Problem[];
  /** Every regular file, each name once. For a directory this walks it. */
  list(options?: CallOptions): Promise<readonly FileEntry[]>;
  /** The file of that name, or undefined when there is none (a directory, a broken link and a device are none). */
  stat(name: string): Promise<FileEntry | undefined>;
  /** Where the file's bytes lie on disk; valid until the port is closed. */
  locate(name: string): Promise<BlobLocation | undefined>;
  /** A small file whole. @throws EngineError `too-large` beyond `limit` bytes. */
  read(name: string, limit: number): Promise<Buffer | undefined>;
}

export interface FileEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface OpenFilesOptions extends CallOptions {
  /** Where an archive that is compressed as a whole is unpacked to, in a file of its own that goes away on close. */
  readonly spoolDirectory: string;
}
