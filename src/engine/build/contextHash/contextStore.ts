import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toEngineError } from '../../base/errors.ts';
import { sha256 } from '../sha256.ts';
import type { ContextDirectory } from './contextFile.ts';
import { formatContextRecord, parseContextRecord } from './contextRecord.ts';
import type { ContextRequest } from './contextRequest.ts';

/** Bytes that all records and uploads may have together. */
const defaultMostBytes = 512 * 2 ** 20;
/** Uploads that are kept in memory: that of the last build, and those that are compared with. */
const mostInMemory = 6;
/** A draft that is older was left by a process that is gone. Milliseconds. */
const draftAgeMs = 60 * 60_000;

/**
 * Records of contexts, and uploads, in a directory of Lamina's own: disposable, size-capped, the longest unused first.
 * Files appear by rename and are found by hashes of their names; several processes may share it.
 */
export class ContextStore {
  readonly #directory: string;
  readonly #mostBytes: number;
  readonly #uploads = new Map<string, ContextDirectory>();
  /** By record: its first line, which is the hash of the rest, as it was read or written last. */
  readonly #heads = new Map<string, string>();

  constructor(directory: string, mostBytes = defaultMostBytes) {
    this.#directory = path.join(directory, 'v3');
    this.#mostBytes = mostBytes;
  }

  /** What an earlier session hashed of a context, or with another ignore file; undefined when nothing is known. */
  async readRecord(request: ContextRequest): Promise<ContextDirectory | undefined> {
    const exact = recordName(request);
    const names = await readdir(this.#directory).catch(() => []);
    const others = names.filter((name) => name.startsWith(directoryName(request)) && name !== exact);
    for (const name of [exact, ...others]) {
      const record = await this.#read(name, (text) => this.#heads.set(name, headOf(text)));
      if (record !== undefined) return record;
    }
    return undefined;
  }

  /** One that says the same already is only used again. */
  async writeRecord(request: ContextRequest, root: ContextDirectory): Promise<void> {
    const name = recordName(request);
    const text = formatContextRecord(root);
    if (this.#heads.get(name) === headOf(text) && (await this.#touch(name))) return;
    await this.#write(name, text);
    this.#heads.set(name, headOf(text));
  }

  async readUpload(name: string): Promise<ContextDirectory | undefined> {
    const upload = this.#uploads.get(name) ?? (await this.#read(uploadName(name)));
    if (upload !== undefined) this.#remember(name, upload);
    return upload;
  }

  /** @throws EngineError `no-space`, `denied`, `io`. */
  async writeUpload(name: string, root: ContextDirectory): Promise<void> {
    this.#remember(name, root);
    await this.#write(uploadName(name), formatContextRecord(root));
  }

  #remember(name: string, upload: ContextDirectory): void {
    this.#uploads.delete(name);
    this.#uploads.set(name, upload);
    const [oldest] = this.#uploads.keys();
    if (this.#uploads.size > mostInMemory && oldest !== undefined) this.#uploads.delete(oldest);
  }

  async #read(
    name: string,
    onIntact: (text: string) => void = () => undefined,
  ): Promise<ContextDirectory | undefined> {
    const file = path.join(this.#directory, name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    await this.#touch(name);
    const root = parseContextRecord(text);
    if (root !== undefined) onIntact(text);
    return root;
  }

  /** Marks it as used. @returns whether it is there. */
  async #touch(name: string): Promise<boolean> {
    const now = new Date();
    return utimes(path.join(this.#directory, name), now, now).then(
      () => true,
      () => false,
    );
  }

  async #write(name: string, text: string): Promise<void> {
    const draft = path.join(this.#directory, `${randomUUID()}.draft`);
    try {
      await mkdir(this.#directory, { recursive: true });
      await writeFile(draft, text);
      await rename(draft, path.join(this.#directory, name));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw toEngineError(error, this.#directory);
    }
    await this.#trim();
  }

  /** Another process may be doing the same. */
  async #trim(): Promise<void> {
    const files = await this.#files();
    let bytes = 0;
    for (const { file, size, usedMs } of files.sort((one, other) => other.usedMs - one.usedMs)) {
      const isLeft = file.endsWith('.draft') && Date.now() - usedMs > draftAgeMs;
      bytes += size;
      if (isLeft || bytes > this.#mostBytes) await rm(file, { force: true }).catch(() => undefined);
    }
  }

  async #files(): Promise<{ readonly file: string; readonly size: number; readonly usedMs: number }[]> {
    const files = [];
    for (const name of await readdir(this.#directory).catch(() => [])) {
      const file = path.join(this.#directory, name);
      const stats = await stat(file).catch(() => undefined);
      if (stats !== undefined) files.push({ file, size: stats.size, usedMs: stats.mtimeMs });
    }
    return files;
  }
}

function headOf(text: string): string {
  return text.slice(0, text.indexOf('\n'));
}

function directoryName({ directory }: ContextRequest): string {
  return `${sha256(directory).slice('sha256:'.length)}-`;
}

function recordName(request: ContextRequest): string {
  return `${directoryName(request)}${sha256(request.ignoreFile ?? '').slice('sha256:'.length, 23)}.context`;
}

function uploadName(name: string): string {
  return `${sha256(name).slice('sha256:'.length)}.upload`;
}
