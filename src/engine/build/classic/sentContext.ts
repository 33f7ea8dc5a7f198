import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { toEngineError } from '../../base/errors.ts';
import type { IgnoreRules } from '../ignorefile/ignoreRules.ts';
import { type SummedHeader, sumOfFile, sumOfHeader, tarTypeOf, deviceOf } from './tarSum.ts';

/** One path of a context. */
export type SentNode =
  | {
      readonly kind: 'directory';
      /** Whether it is sent itself: an ignored one is not, when something in it is wanted. */
      readonly isSent: boolean;
    }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file' };

/**
 * A build context on the disk as docker's client sends it to the classic builder: a tar without what is ignored, links
 * as they are. Looked at when it is asked, and remembered for as long as this object is; sums stay for as long as the
 * files are the same. Paths are byte strings below the context, the context itself is the empty one.
 */
export class SentContext {
  readonly #directory: Buffer;
  readonly #filter: IgnoreRules;
  readonly #sums: Map<string, KnownSum>;
  readonly #isIgnoreFileRandom: boolean;
  readonly #hasTypeBits: boolean;
  readonly #stats = new Map<string, Stats | undefined>();
  readonly #names = new Map<string, readonly string[]>();
  #firstNames: ReadonlyMap<string, string> | undefined;

  constructor(directory: string, filter: IgnoreRules, settings: SentContextSettings = {}) {
    this.#directory = Buffer.from(directory);
    this.#filter = filter;
    this.#sums = settings.known ?? new Map<string, KnownSum>();
    this.#isIgnoreFileRandom = settings.isIgnoreFileRandom ?? false;
    this.#hasTypeBits = settings.hasTypeBits ?? false;
  }

  /** Undefined when nothing is there, or nothing that is sent. */
  nodeAt(path: string): SentNode | undefined {
    const stats = this.statsAt(path);
    if (stats === undefined) return undefined;
    const isIgnored = path !== '' && this.#filter.isIgnored(toText(path));
    if (stats.isDirectory()) {
      if (isIgnored && this.namesIn(path).length === 0) return undefined;
      return { kind: 'directory', isSent: !isIgnored };
    }
    if (isIgnored || stats.isSocket()) return undefined;
    return stats.isSymbolicLink() ? { kind: 'link', target: this.#targetOf(path) } : { kind: 'file' };
  }

  /** What is sent of a directory, in the order of Go's walk. */
  namesIn(directory: string): readonly string[] {
    const known = this.#names.get(directory);
    if (known !== undefined) return known;
    const names = this.#isSkipped(directory) ? [] : this.#listOf(directory);
    const sent = names.filter((name) => this.nodeAt(join(directory, name)) !== undefined);
    this.#names.set(directory, sent);
    return sent;
  }

  /** The sum of what is at a path itself, hex: of a directory that of its header. */
  sumOf(path: string): string | undefined {
    const stats = this.statsAt(path);
    if (stats === undefined) return undefined;
    if (path === ignoreFile && this.#isIgnoreFileRandom) return sumOfNoBuild;
    const header = this.#headerOf(path, stats);
    if (header.type !== '0') return sumOfHeader(header);
    const version = `${sumOfHeader(header)} ${stats.mtimeMs} ${stats.ctimeMs} ${inodeOf(stats)}`;
    const known = this.#sums.get(path);
    if (known?.version === version) return known.sum;
    const sum = this.#sumOfFile(path, header);
    this.#sums.set(path, { version, sum });
    return sum;
  }

  /** @throws EngineError `denied`, `not-found`, `io`. */
  #sumOfFile(path: string, header: SummedHeader): string {
    try {
      return sumOfFile(this.onDisk(path), header);
    } catch (error) {
      throw toEngineError(error, toText(path));
    }
  }

  #headerOf(path: string, stats: Stats): SummedHeader {
    const type = tarTypeOf(stats);
    const first = type === '0' && stats.nlink > 1 ? this.#firstNameOf(path, stats) : path;
    return {
      name: type === '5' ? `${path}/` : path,
      mode: stats.mode & (this.#hasTypeBits ? 0o177777 : 0o7777),
      size: type === '0' && first === path ? stats.size : 0,
      type: first === path ? type : '1',
      target: type === '2' ? this.#targetOf(path) : first === path ? '' : first,
      userName: '',
      groupName: '',
      device: deviceOf(stats),
    };
  }

  /** Of several names of one file the first that is sent has its bytes, the others are hard links to it. */
  #firstNameOf(path: string, stats: Stats): string {
    this.#firstNames ??= this.#findFirstNames();
    return this.#firstNames.get(inodeOf(stats)) ?? path;
  }

  #findFirstNames(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const open = [''];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const stats = this.statsAt(path);
      if (stats?.isDirectory() === true) open.push(...this.#pathsIn(path).reverse());
      else if (stats?.isFile() === true && stats.nlink > 1 && !found.has(inodeOf(stats)))
        found.set(inodeOf(stats), path);
    }
    return found;
  }

  #pathsIn(directory: string): string[] {
    return this.namesIn(directory).map((name) => join(directory, name));
  }

  #isSkipped(directory: string): boolean {
    return directory !== '' && this.#filter.isSkipped(toText(directory));
  }

  #listOf(directory: string): readonly string[] {
    const names = this.#readNames(directory);
    return names.map((name) => name.toString('latin1')).sort();
  }

  /** @throws EngineError `denied`, `io`. */
  #readNames(directory: string): readonly Buffer[] {
    try {
      return readdirSync(this.onDisk(directory), { encoding: 'buffer' });
    } catch (error) {
      throw toEngineError(error, toText(directory));
    }
  }

  #targetOf(path: string): string {
    return readlinkSync(this.onDisk(path), 'buffer').toString('latin1');
  }

  /** Of what is at a path, ignored or not; links are not followed. */
  statsAt(path: string): Stats | undefined {
    if (!this.#stats.has(path)) this.#stats.set(path, this.#look(path));
    return this.#stats.get(path);
  }

  /** @throws EngineError `denied`, `io`: what cannot be read is not what is not there. */
  #look(path: string): Stats | undefined {
    try {
      return lstatSync(this.onDisk(path), { throwIfNoEntry: false });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
      throw toEngineError(error, toText(path));
    }
  }

  onDisk(path: string): Buffer {
    return Buffer.concat([this.#directory, Buffer.from(`/${path}`, 'latin1')]);
  }
}

export interface SentContextSettings {
  /** Sums of an earlier look, by path: they are renewed. */
  readonly known?: Map<string, KnownSum>;
  /** The client adds a random name to the ignore file, as it does when the Dockerfile lies outside of the context. */
  readonly isIgnoreFileRandom?: boolean;
  /** Modes have the bits of the type, as docker's client sent them up to 23. */
  readonly hasTypeBits?: boolean;
}

const ignoreFile = '.dockerignore';
/** Of what is another in every build: equal to no sum that was ever printed. */
const sumOfNoBuild = '0'.repeat(64);

/** The sum of a file, and what tells that file from another without reading it. */
export interface KnownSum {
  readonly version: string;
  readonly sum: string;
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

function toText(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
