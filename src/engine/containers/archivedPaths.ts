import type { TarHeader } from '../archive/tarSink.ts';
import { baseName, type LayerPath } from '../base/layerPath.ts';
import type { ContainerPathStat } from '../sources/dockerEngine/engineApi.ts';
import { fromTarHeader } from './archivedFile.ts';
import type { ContainerFile } from './containerFiles.ts';

/** An entry of a tar as a file of the container. */
export interface ArchivedEntry {
  readonly file: ContainerFile;
  /** The file that came before, whose further name this is. */
  readonly linkTo?: LayerPath;
}

/** Gives the entries of a tar of one path the paths they have in the container. */
export class ArchivedPaths {
  readonly #path: LayerPath;
  readonly #stat: ContainerPathStat | undefined;
  /** The name of the path itself, which the tar's first entry has. */
  #top: readonly string[] | undefined;
  /** Files by their names in the tar, for the further names of their inodes. */
  readonly #files = new Map<string, ContainerFile>();

  /** @param top the name of the path itself in the tar, where its first entry need not be that. */
  constructor(path: LayerPath, stat: ContainerPathStat | undefined, top?: readonly string[]) {
    this.#path = path;
    this.#stat = stat;
    this.#top = top;
  }

  /** Undefined for what lies outside the path, and links to what came not before. */
  take(header: TarHeader): ArchivedEntry | undefined {
    const parts = partsOf(header.name);
    if (parts === undefined) return undefined;
    const top = this.#top;
    if (top === undefined) {
      this.#top = parts;
      return this.#remember(parts, fromTarHeader(this.#path, header, this.#stat));
    }
    if (parts.length <= top.length || top.some((part, level) => part !== parts[level])) return undefined;
    const below = parts.slice(top.length).join('/');
    const path = (this.#path === '/' ? `/${below}` : `${this.#path}/${below}`) as LayerPath;
    if (header.typeflag !== hardLink) return this.#remember(parts, fromTarHeader(path, header));
    const target = this.#files.get(partsOf(header.linkName)?.join('/') ?? '');
    return target && { file: { ...target, path, name: baseName(path) }, linkTo: target.path };
  }

  #remember(parts: readonly string[], file: ContainerFile): ArchivedEntry {
    if (file.type !== 'dir') this.#files.set(parts.join('/'), file);
    return { file };
  }
}

const hardLink = 0x31;

/** Undefined for a name that climbs, which no honest engine sends. */
function partsOf(name: string): readonly string[] | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts;
}
