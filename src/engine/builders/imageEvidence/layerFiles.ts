import type { CallOptions } from '../../base/progress.ts';
import type { LayerChange, RootfsEntry, UnionView } from '../../rootfs/rootfs.ts';
import type { Image } from '../../sources/image.ts';

/** The files of one image, as far as they are needed to see what its COPY lines copied. */
export interface LayerFiles {
  /** The union of the layers 0…`upTo`; of none below 0. */
  rootfs(upTo: number, options?: CallOptions): Promise<UnionView | undefined>;
  /** Every change of one layer, against those below. */
  changes(layer: number, options?: CallOptions): Promise<readonly LayerChange[]>;
  /** Of a file's bytes, hex. */
  sha256(file: RootfsEntry, options?: CallOptions): Promise<string>;
  /** @throws EngineError `too-large` beyond `limit` bytes. */
  read(file: RootfsEntry, limit: number, options?: CallOptions): Promise<Uint8Array>;
}

/** A layer that a step made, in a stack of layers that has all that is below it. */
export interface MadeLayer {
  readonly layers: LayerFiles;
  readonly position: number;
  /** When that was, as its image says it. */
  readonly created?: string | undefined;
}

/** What of the engine gives them. */
export interface LayerRooms {
  rootfs(image: Image, upTo: number, options?: CallOptions): Promise<UnionView>;
  allChanges(image: Image, layer: number, options?: CallOptions): Promise<readonly LayerChange[]>;
  hashFile(image: Image, file: RootfsEntry, options?: CallOptions): Promise<string>;
  readFile(image: Image, file: RootfsEntry, limit: number, options?: CallOptions): Promise<Uint8Array>;
}

/** The files of an image by the engine's rooms. @param known hashes of files by layer and node, kept between calls. */
export function layerFilesOf(rooms: LayerRooms, image: Image, known = new Map<string, string>()): LayerFiles {
  return {
    rootfs: async (upTo, options) => (upTo < 0 ? undefined : rooms.rootfs(image, upTo, options)),
    changes: (layer, options) => rooms.allChanges(image, layer, options),
    read: (file, limit, options) => rooms.readFile(image, file, limit, options),
    sha256: async (file, options) => {
      const { diffId } = image.layers[file.contentLayer] ?? {};
      const key = `${diffId ?? `${image.id} ${file.contentLayer}`} ${file.contentNode}`;
      const hash = known.get(key) ?? (await rooms.hashFile(image, file, options));
      if (known.size >= mostKnown) known.clear();
      known.set(key, hash);
      return hash;
    },
  };
}

const mostKnown = 200_000;
