/**
 * Every call by which the store touches the disk. A port, so that tests can make each single call fail, and so that
 * nothing else of the store can reach a file. Errors are Node's own, with their system code.
 */
export interface Disk {
  /** Never follows a link in the last component. */
  open(path: string, purpose: OpenPurpose): Promise<DiskFile>;
  /** Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails with EEXIST when `path` is taken. */
  link(existing: string, path: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Parents too; an existing directory is fine. Only the owner may enter what is made. */
  makeDirectory(path: string): Promise<void>;
  /** An empty one. */
  removeDirectory(path: string): Promise<void>;
  list(directory: string): Promise<readonly string[]>;
  /** Of the thing itself, not of what a link leads to. */
  facts(path: string): Promise<FileFacts>;
  /** Sets the time of the last change. */
  setTime(path: string, timeMs: number): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /** Makes names in the directory last over a power failure, where the platform can. */
  syncDirectory(path: string): Promise<void>;
}

/** `create` fails with EEXIST when the file is there; `update` writes inside an existing one. */
export type OpenPurpose = 'read' | 'create' | 'update';

export interface DiskFile {
  /** Bytes read; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Bytes written, which may be fewer than given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  facts(): Promise<FileFacts>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  /** Milliseconds since 1970 by the file system's clock. */
  readonly changedMs: number;
  readonly inode: number;
}

/** The code of a system error, such as `ENOENT`; undefined for anything else. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The answer, or undefined when the call fails because what it asks for is not there. */
export async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
