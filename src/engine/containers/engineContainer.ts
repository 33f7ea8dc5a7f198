import type { ByteRange } from '../base/byteRange.ts';
import { EngineError } from '../base/errors.ts';
import { type Disposable, EventEmitter } from '../base/event.ts';
import { type LayerPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Image } from '../sources/image.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFile, ContainerFileChange, CopiedUp, FileNews } from './containerFiles.ts';
import type { EngineContainerFiles } from './engineContainerFiles.ts';
import { nothingAt } from './engineAnswers.ts';

export interface EngineContainerParts {
  readonly client: EngineClient;
  /** The container's whole ID. */
  readonly id: string;
}

/** The files of one container of an engine. */
export class EngineContainer implements EngineContainerFiles {
  readonly id: string;
  readonly #archive: ArchiveEndpoint;
  readonly #news = new EventEmitter<readonly FileNews[]>();

  readonly onDidChange = this.#news.event;

  constructor({ client, id }: EngineContainerParts) {
    this.id = id;
    this.#archive = new ArchiveEndpoint(client, id);
  }

  image(): Promise<Image | undefined> {
    return Promise.resolve(undefined);
  }

  lookup(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    return this.#archive.lookup(path, options);
  }

  async resolve(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    const real = await this.#archive.realPath(path, options);
    return real && this.#archive.lookup(real, options);
  }

  async list(directory: LayerPath, options?: CallOptions): Promise<readonly ContainerFile[]> {
    const real = await this.#archive.realPath(directory, options);
    const folder = real && (await this.#archive.folder(real, largestTar, options));
    if (folder === undefined) throw nothingAt(directory);
    if (!folder.isWhole) throw tooMuch(directory);
    const linked = await Promise.all(folder.hardLinks.map((path) => this.#archive.lookup(path, options)));
    return [...folder.files, ...linked.filter((file) => file !== undefined)].sort(byPath);
  }

  read(path: LayerPath, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.#archive.read(path, range, options);
  }

  async readFile(path: LayerPath, limit: number, options?: CallOptions): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of this.read(path, undefined, options)) {
      length += bytes.length;
      if (length > limit) throw new EngineError('too-large', toText(path), `it has more than ${limit} bytes`);
      pieces.push(bytes);
    }
    return Buffer.concat(pieces, length);
  }

  writeFile(path: LayerPath): Promise<CopiedUp | undefined> {
    return Promise.reject(notYet(path));
  }

  mkdir(path: LayerPath): Promise<void> {
    return Promise.reject(notYet(path));
  }

  remove(path: LayerPath): Promise<void> {
    return Promise.reject(notYet(path));
  }

  rename(path: LayerPath): Promise<void> {
    return Promise.reject(notYet(path));
  }

  changes(): Promise<readonly ContainerFileChange[]> {
    return Promise.reject(new EngineError('unsupported', this.id, 'not there yet'));
  }

  watch(): Disposable {
    return { dispose: () => undefined };
  }
}

/** Bytes of a folder's tar that are read for its list. */
const largestTar = 2 ** 30;

function tooMuch(directory: LayerPath): EngineError {
  return new EngineError('unsupported', toText(directory), 'it holds too much to be listed by its archive');
}

function notYet(path: LayerPath): EngineError {
  return new EngineError('unsupported', toText(path), 'not there yet');
}

function byPath(one: ContainerFile, other: ContainerFile): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}
