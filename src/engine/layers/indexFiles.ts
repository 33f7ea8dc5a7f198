import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { LayerKey } from './layerKey.ts';

/** The directory of index files; disposable as a whole. One index may have several names, by links. */
export class IndexFiles {
  readonly directory: string;
  #secret: Promise<Uint8Array> | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  of(key: LayerKey): string {
    return path.join(this.directory, `${key}.index`);
  }

  has(key: LayerKey): Promise<boolean> {
    return exists(this.of(key));
  }

  /** The installation's secret for layer keys. @throws EngineError `damaged`; failures of the disk. */
  secret(): Promise<Uint8Array> {
    return (this.#secret ??= readSecret(this.directory));
  }

  /** Gives an index a second name, which it may have already; a copy where the disk knows no links. */
  async addName(key: LayerKey, name: LayerKey): Promise<void> {
    try {
      await link(this.of(key), this.of(name));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EEXIST' || code === 'ENOENT') return;
      const draft = `${this.of(name)}-${randomBytes(8).toString('hex')}.tmp`;
      await copyFile(this.of(key), draft);
      await rename(draft, this.of(name));
    }
  }

  async remove(key: LayerKey): Promise<void> {
    await rm(this.of(key), { force: true });
  }

  async usage(): Promise<{ readonly files: number; readonly bytes: number }> {
    const files = await this.#list();
    const sum = (of: (file: IndexName) => number): number =>
      Math.round(files.reduce((total, file) => total + of(file), 0));
    return { files: sum(({ share }) => share), bytes: sum(({ size }) => size) };
  }

  async clear(): Promise<void> {
    for (const file of await this.#list()) await rm(file.path, { force: true });
  }

  /** Removes the longest unused beyond so many bytes. */
  async evict(maxBytes: number): Promise<void> {
    const files = (await this.#list()).sort((a, b) => a.usedMs - b.usedMs);
    let bytes = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files) {
      if (bytes <= maxBytes) return;
      await rm(file.path, { force: true });
      bytes -= file.size;
    }
  }

  /** Each name with its share of the file's bytes. */
  async #list(): Promise<IndexName[]> {
    const names = await readdir(this.directory).catch(() => []);
    const files = [];
    for (const name of names.filter((each) => disposable.test(each))) {
      const file = path.join(this.directory, name);
      const status = await stat(file).catch(() => undefined);
      if (status === undefined) continue;
      const share = 1 / Math.max(1, status.nlink);
      files.push({ path: file, share, size: status.size * share, usedMs: status.mtimeMs });
    }
    return files;
  }
}

interface IndexName {
  readonly path: string;
  /** Of the file, as it has several names. */
  readonly share: number;
  /** Bytes, of that share. */
  readonly size: number;
  readonly usedMs: number;
}

/** Indexes, and what a crash may leave: drafts and previews. */
const disposable = /\.(index|preview|tmp)$/;

/** Made once, readable by the user alone. */
async function readSecret(directory: string): Promise<Uint8Array> {
  const file = path.join(directory, 'secret');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (!(await exists(file))) {
    const draft = `${file}-${randomBytes(8).toString('hex')}`;
    await writeFile(draft, randomBytes(32), { flag: 'wx', mode: 0o600 });
    // A link fails where the name exists, so the first of several windows decides, with a whole file.
    await link(draft, file).catch(() => undefined);
    await rm(draft, { force: true });
  }
  const secret = await readFile(file);
  if (secret.length < 16) throw new EngineError('damaged', file, 'the secret is shorter than 16 bytes');
  return secret;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
