import type { ByteRange } from '../base/byteRange.ts';
import type { Disposable, Event } from '../base/event.ts';
import type { ByteName, LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { FileAttributes } from '../rootfs/rootfs.ts';
import type { ChangedAspect } from '../snapshots/containerDiff.ts';

/** One path of a container, whoever keeps it. */
export interface ContainerFile extends FileAttributes {
  readonly path: LayerPath;
  readonly name: ByteName;
  /** Bytes of a file; of a link, 0 or the length of its target. */
  readonly size: number;
}

/** One line of `docker diff` (formats.md §3.1), and why. */
export interface ContainerFileChange {
  readonly path: LayerPath;
  readonly kind: 'added' | 'modified' | 'removed';
  /** What the image has here; undefined of what is added, and where the image is not at hand. */
  readonly before?: ContainerFile;
  /** What the container has here; undefined of what is removed. */
  readonly after?: ContainerFile;
  /** Why it is `modified`; empty for a folder that is listed only for what changed in it. */
  readonly differs: readonly ChangedAspect[];
}

/** What happened to one path. Of a folder that was removed, made or moved, the folder alone is told. */
export interface FileNews {
  readonly kind: 'created' | 'changed' | 'deleted';
  readonly path: LayerPath;
}

/** A write made the container's own copy of a file of the image. */
export interface CopiedUp {
  /** The image's layer that the file came from, lowest 0. */
  readonly layer: number;
  /** What that version holds, in bytes. */
  readonly size: number;
}

/**
 * The files of one container, of Lamina's store or of an engine: read, changed, and compared with its image. Paths are
 * the container's; links in parents are followed inside its root. Every call is there whole or not at all, as far as the
 * one who keeps the container can promise that.
 *
 * Calls throw EngineError: `not-found` (also when the container is gone), `already-exists`, `not-a-file`,
 * `not-a-directory`, `symlink-loop`, `invalid-path`, `denied`, `busy`, `no-space`, `cancelled`; of engines also
 * `unsupported` for what this engine cannot do with this container as it is (the detail says what would help),
 * `unreachable`, `refused`.
 */
export interface ContainerFiles {
  /** What is at the path itself; a link in the last component is not followed. */
  lookup(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined>;
  /** What the path leads to, all links followed; undefined when there is nothing. */
  resolve(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined>;
  /** Sorted by bytes; links are followed, the directory itself too. */
  list(directory: LayerPath, options?: CallOptions): Promise<readonly ContainerFile[]>;
  /** A file's bytes, or a range of them, end exclusive; links are followed. */
  read(path: LayerPath, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** @throws EngineError `too-large` beyond `limit` bytes. */
  readFile(path: LayerPath, limit: number, options?: CallOptions): Promise<Uint8Array>;

  /**
   * Replaces a file's content, or makes the file; links are followed. Mode, owner and extended attributes of what is
   * there are kept.
   *
   * @returns what was copied up by this very call; undefined when the file was the container's own already, or is new.
   */
  writeFile(
    path: LayerPath,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<CopiedUp | undefined>;
  mkdir(path: LayerPath, options?: CallOptions): Promise<void>;
  /** Removes what is there with all that is in it; a link itself. */
  remove(path: LayerPath, options?: CallOptions): Promise<void>;
  /** @throws EngineError `already-exists` when something is at `to`, unless it is to be replaced. */
  rename(
    path: LayerPath,
    to: LayerPath,
    options?: CallOptions & { readonly replaces?: boolean },
  ): Promise<void>;
  /** Other permission bits, `& 0o7777`; links are followed, and what is in a folder keeps its own. */
  setMode(path: LayerPath, mode: number, options?: CallOptions): Promise<void>;
  /** Another user and group, by number; links are followed, and what is in a folder keeps its own. */
  setOwner(path: LayerPath, uid: number, gid: number, options?: CallOptions): Promise<void>;

  /** What differs from the image, as `docker diff` has it, sorted by bytes; folders before what is in them. */
  changes(options?: CallOptions): Promise<readonly ContainerFileChange[]>;

  /**
   * What was changed through this object at once; what others changed, while somebody watches, and as far as it can be
   * told: of an engine's containers only that something may have changed, as a change of `/`.
   */
  readonly onDidChange: Event<readonly FileNews[]>;
  watch(): Disposable;
}
