import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmSync,
  chownSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { CaseEdit, CaseFile } from './buildCases.ts';
import { encodeTar } from './tarBytes.ts';

/** The edits that act on files. */
export type FileEdit = Exclude<Extract<CaseEdit, { readonly path: string }>, { readonly op: 'serve' }>;

/**
 * The files of a case below a directory. Each file that is written gets a time of its own, in microseconds, so that one
 * can be given back exactly: Node cannot set nanoseconds.
 */
export class BuildCaseFiles {
  readonly #directory: string;
  readonly #salt: string;
  readonly #times = new Map<string, number>();

  constructor(directory: string, salt: string) {
    this.#directory = directory;
    this.#salt = salt;
    mkdirSync(directory, { recursive: true });
  }

  put(file: CaseFile): void {
    const place = this.#placeOf(file.path);
    mkdirSync(path.dirname(place), { recursive: true });
    this.#makeRoom(place, file);
    this.#make(place, file);
    if (file.mode !== undefined) chmodSync(place, parseInt(file.mode, 8));
    if (file.owner !== undefined) chownSync(place, ...file.owner);
    if (file.mtime !== undefined) this.#setTime(place, file.mtime);
  }

  /** A file keeps its inode when it is written over, a link and a directory give way. */
  #makeRoom(place: string, file: CaseFile): void {
    const there = lstatSync(place, { throwIfNoEntry: false });
    if (there === undefined || (file.dir === true && there.isDirectory())) return;
    const isLink = file.symlink !== undefined || file.hardlink !== undefined;
    if (isLink || !there.isFile()) rmSync(place, { recursive: true });
  }

  #make(place: string, file: CaseFile): void {
    if (file.dir === true) mkdirSync(place, { recursive: true });
    else if (file.symlink !== undefined) symlinkSync(file.symlink, place);
    else if (file.hardlink !== undefined) linkSync(this.#placeOf(file.hardlink), place);
    else this.#write(place, file.tar === undefined ? this.#salted(file.content ?? '') : this.#tarOf(file));
  }

  #tarOf({ tar = {}, inner_mtime: mtime = 1_700_000_000 }: CaseFile): Buffer {
    return encodeTar(
      Object.entries(tar).map(([name, content]) => ({ name, content: this.#salted(content), mtime })),
    );
  }

  #write(place: string, content: string | Buffer): void {
    writeFileSync(place, content);
    this.#setTime(place, timeOfItsOwn());
  }

  edit(edit: FileEdit): void {
    const place = this.#placeOf(edit.path);
    switch (edit.op) {
      case 'write':
        this.#writeAgain(place, edit);
        break;
      case 'append':
        appendFileSync(place, this.#salted(edit.content));
        this.#setTime(place, timeOfItsOwn());
        break;
      case 'delete':
        rmSync(place, { recursive: true });
        break;
      case 'mkdir':
        mkdirSync(place, { recursive: true });
        break;
      case 'rename':
        this.#rename(place, this.#placeOf(edit.to));
        break;
      case 'copyfile':
        copyFileSync(place, this.#placeOf(edit.to));
        this.#setTime(this.#placeOf(edit.to), this.#times.get(place) ?? timeOfItsOwn());
        break;
      case 'chmod':
        chmodSync(place, parseInt(edit.mode, 8));
        break;
      case 'chown':
        chownSync(place, ...edit.owner);
        break;
      case 'touch':
        this.#touch(place, timeOfItsOwn() + (edit.by ?? 100));
        break;
      case 'setxattr':
        execFileSync('sh', ['-c', 'setfattr "$@"', 'setfattr', '-n', edit.name, '-v', edit.value, place]);
        break;
    }
  }

  /** Of a link its own. */
  #touch(place: string, seconds: number): void {
    lutimesSync(place, seconds, seconds);
    this.#times.set(place, seconds);
  }

  #writeAgain(place: string, edit: CaseFile & { readonly keep_mtime?: boolean }): void {
    const before = this.#times.get(place);
    this.put(edit);
    if (edit.keep_mtime === true && before !== undefined) this.#setTime(place, before);
  }

  #rename(from: string, to: string): void {
    renameSync(from, to);
    const time = this.#times.get(from);
    if (time !== undefined) this.#times.set(to, time);
  }

  #setTime(place: string, seconds: number): void {
    utimesSync(place, seconds, seconds);
    this.#times.set(place, seconds);
  }

  #salted(content: string): string {
    return content.replaceAll('@SALT@', this.#salt);
  }

  #placeOf(name: string): string {
    return path.join(this.#directory, name);
  }
}

let made = 0;

/** Now, and never twice in one process: two files of one size and one time are one to BuildKit. */
function timeOfItsOwn(): number {
  return Date.now() / 1000 + (made++ % 1000) / 1_000_000;
}
