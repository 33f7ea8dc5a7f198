import path from 'node:path';
import { type Disk, type FileFacts, unlessAbsent } from '../../store/disk.ts';
import { inEngineTerms } from '../../store/inEngineTerms.ts';
import { nodeDisk } from '../../store/nodeDisk.ts';
import { randomName } from '../../store/storePlaces.ts';
import { createFile, readWholeFile } from '../../store/wholeFile.ts';
import type { SeenBuild } from '../cache/cacheGraph.ts';
import { sha256 } from '../sha256.ts';
import { formatNotes, formatSeenBuild, parseNotes, parseSeenBuild } from './seenBuildFile.ts';

export interface LedgerOptions {
  /** Made when missing. Disposable as a whole: what is not here any more is only not known. */
  readonly directory: string;
  readonly disk?: Disk;
  /** Builds kept of one Dockerfile and one builder; the oldest go first. */
  readonly maxBuilds?: number;
  /** Bytes kept of all. */
  readonly maxBytes?: number;
}

type NoteKind = 'copies' | 'contents';

/**
 * Builds that were seen, on disk, by builder and Dockerfile. Each is a file of its own that never changes and appears by a
 * rename, so that any number of processes may add and read at once without a lock.
 */
export class Ledger {
  readonly directory: string;
  readonly #disk: Disk;
  readonly #maxBuilds: number;
  readonly #maxBytes: number;
  /** Files do not change, so what was read of one holds. Undefined of a damaged one. */
  readonly #read = new Map<string, SeenBuild | undefined>();

  constructor({ directory, disk = nodeDisk, maxBuilds = 10, maxBytes = 64 * 2 ** 20 }: LedgerOptions) {
    this.directory = directory;
    this.#disk = disk;
    this.#maxBuilds = maxBuilds;
    this.#maxBytes = maxBytes;
  }

  /** Newest first. What is damaged or of another version is passed over. @throws EngineError failures of the disk. */
  seen(builder: string, dockerfile: string): Promise<readonly SeenBuild[]> {
    const folder = this.#folderOf(builder, dockerfile);
    return inEngineTerms(folder, async () => {
      const builds: SeenBuild[] = [];
      for (const name of await this.#names(folder)) {
        const build = await this.#build(path.join(folder, name));
        if (build !== undefined) builds.push(build);
      }
      return builds;
    });
  }

  /** @throws EngineError failures of the disk. */
  add(builder: string, dockerfile: string, build: SeenBuild): Promise<void> {
    const folder = this.#folderOf(builder, dockerfile);
    return inEngineTerms(folder, async () => {
      const bytes = Buffer.from(formatSeenBuild(build));
      if (bytes.length > longestFile) return;
      await this.#disk.makeDirectory(folder);
      const time = String(Math.trunc(build.builtAt ?? Date.now())).padStart(15, '0');
      const file = path.join(folder, `${time}-${randomName()}.build`);
      await this.#appear(file, bytes);
      await this.#removeOld(folder);
    });
  }

  /** By what name the last upload is kept that a builder compares the next one with; undefined when none was seen. */
  lastUpload(key: string): Promise<string | undefined> {
    const file = this.#uploadFile(key);
    return inEngineTerms(file, async () => {
      const bytes = await unlessAbsent(readWholeFile(this.#disk, file, longestName));
      return bytes && Buffer.from(bytes).toString();
    });
  }

  /** @throws EngineError failures of the disk. */
  setLastUpload(key: string, name: string): Promise<void> {
    const file = this.#uploadFile(key);
    return inEngineTerms(file, async () => {
      await this.#disk.makeDirectory(path.dirname(file));
      await this.#appear(file, Buffer.from(name));
    });
  }

  /** What COPY lines of a builder's builds printed for files of images, by `copyKey`, the newest last. */
  copies(builder: string): Promise<ReadonlyMap<string, string>> {
    return this.#notes('copies', builder);
  }

  /** Of two processes that add at once, one may be lost: then a copy is only not known. */
  addCopies(builder: string, copies: ReadonlyMap<string, string>): Promise<void> {
    return this.#addNotes('copies', builder, copies);
  }

  /** What builds that were not made through Lamina read of their contexts, as long as that could be told; the newest last. */
  contents(builder: string): Promise<ReadonlyMap<string, string>> {
    return this.#notes('contents', builder);
  }

  /** As {@link addCopies}. */
  addContents(builder: string, contents: ReadonlyMap<string, string>): Promise<void> {
    return this.#addNotes('contents', builder, contents);
  }

  #notes(kind: NoteKind, builder: string): Promise<ReadonlyMap<string, string>> {
    const file = this.#notesFile(kind, builder);
    return inEngineTerms(file, async () => {
      const bytes = await unlessAbsent(readWholeFile(this.#disk, file, longestFile));
      return new Map(bytes === undefined ? [] : parseNotes(Buffer.from(bytes).toString()));
    });
  }

  async #addNotes(kind: NoteKind, builder: string, notes: ReadonlyMap<string, string>): Promise<void> {
    if (notes.size === 0) return;
    const known = [...(await this.#notes(kind, builder))].filter(([key]) => !notes.has(key));
    const kept = [...known, ...notes].slice(-mostNotes);
    const file = this.#notesFile(kind, builder);
    await inEngineTerms(file, async () => {
      await this.#disk.makeDirectory(path.dirname(file));
      await this.#appear(file, Buffer.from(formatNotes(kept)));
    });
  }

  #notesFile(kind: NoteKind, builder: string): string {
    return path.join(this.directory, kind, `${nameOf(builder)}.${kind}`);
  }

  #uploadFile(key: string): string {
    return path.join(this.directory, 'uploads', `${nameOf(key)}.upload`);
  }

  /** As a whole, or not at all. */
  async #appear(file: string, bytes: Uint8Array): Promise<void> {
    const draft = `${file}-${randomName()}.tmp`;
    try {
      await createFile(this.#disk, draft, bytes);
      await this.#disk.rename(draft, file);
    } catch (error) {
      await this.#disk.remove(draft).catch(() => undefined);
      throw error;
    }
  }

  #folderOf(builder: string, dockerfile: string): string {
    return path.join(this.directory, nameOf(JSON.stringify([builder, dockerfile])));
  }

  /** Of one folder, newest first. */
  async #names(folder: string): Promise<readonly string[]> {
    const names = (await unlessAbsent(this.#disk.list(folder))) ?? [];
    return names
      .filter((name) => name.endsWith('.build'))
      .sort()
      .reverse();
  }

  async #build(file: string): Promise<SeenBuild | undefined> {
    if (this.#read.has(file)) return this.#read.get(file);
    const bytes = await unlessAbsent(readWholeFile(this.#disk, file, longestFile));
    const build = bytes && parseSeenBuild(Buffer.from(bytes).toString());
    if (this.#read.size >= mostRemembered) this.#read.clear();
    this.#read.set(file, build);
    return build;
  }

  async #removeOld(folder: string): Promise<void> {
    for (const name of (await this.#names(folder)).slice(this.#maxBuilds))
      await this.#remove(path.join(folder, name));
    const files = await this.#allFiles();
    let bytes = files.reduce((sum, { facts }) => sum + facts.size, 0);
    for (const { file, facts } of files.sort((a, b) => a.facts.changedMs - b.facts.changedMs)) {
      if (bytes <= this.#maxBytes) return;
      await this.#remove(file);
      bytes -= facts.size;
    }
  }

  async #allFiles(): Promise<{ readonly file: string; readonly facts: FileFacts }[]> {
    const files = [];
    // Files of others lie between the folders.
    for (const folder of (await this.#disk.list(this.directory)).filter((name) => !name.includes('.'))) {
      const names = (await unlessAbsent(this.#disk.list(path.join(this.directory, folder)))) ?? [];
      for (const name of names) {
        const file = path.join(this.directory, folder, name);
        const facts = await unlessAbsent(this.#disk.facts(file));
        if (facts !== undefined) files.push({ file, facts });
      }
    }
    return files;
  }

  /** Another process may have removed it already. */
  async #remove(file: string): Promise<void> {
    await unlessAbsent(this.#disk.remove(file));
    this.#read.delete(file);
  }
}

function nameOf(key: string): string {
  return sha256(key).slice('sha256:'.length, 'sha256:'.length + 32);
}

const longestName = 1000;
const mostNotes = 1000;
/** A build of a thousand steps has some hundred kilobytes. */
const longestFile = 8 * 2 ** 20;
const mostRemembered = 200;
