import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import type { KeyedBuild } from '../../build/cache/vertex.ts';
import type { Sha256 } from '../../build/sha256.ts';
import type { Image } from '../../sources/image.ts';
import type { LayerFiles } from './layerFiles.ts';

/** An image that may have been built from a Dockerfile, and the build that is compared with it. */
export interface ImageQuestion {
  readonly build: BuildkitBuild;
  readonly keyed: KeyedBuild;
  readonly image: Image;
  readonly layers: LayerFiles;
  /** The texts of the base image's own history as it is now, oldest first; undefined where they are not known. */
  readonly baseHistory?: readonly string[];
  /** What the builder says that it has: what no image shows may be seen there. */
  readonly listed?: readonly ListedRecord[];
  /** Keys of all operations of the build that made it, where they are known: what no image shows counts in them. */
  readonly keys?: ReadonlySet<Sha256>;
}
