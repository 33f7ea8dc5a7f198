interface ReadVersion {
  readonly version: string;
  readonly size: number;
}

const mostKept = 1024;

/**
 * What an editor's text is based on: the version of a file that this window last read or wrote. VS Code refuses to save over a
 * file that another process changed only where its size changed too, so that a text of the same length would be lost.
 */
export class ReadVersions {
  readonly #read = new Map<string, ReadVersion>();

  note(key: string, read: ReadVersion): void {
    this.#read.delete(key);
    this.#read.set(key, read);
    const oldest = this.#read.keys().next();
    if (this.#read.size > mostKept && oldest.done !== true) this.#read.delete(oldest.value);
  }

  /**
   * Whether the file is another one than was read, of the same size. Asked once for each version: who is told and writes
   * again means it.
   */
  isOtherOfSameSize(key: string, { version, size }: ReadVersion): boolean {
    const read = this.#read.get(key);
    if (read === undefined || read.version === version || read.size !== size) return false;
    this.note(key, { version, size });
    return true;
  }
}
