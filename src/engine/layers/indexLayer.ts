import type { BlobLocation } from '../archive/blobLocation.ts';
import type { CallOptions } from '../base/progress.ts';
import { encodeCheckpoints } from './checkpoints.ts';
import { LayerIndexBuilder } from './layerIndexBuilder.ts';
import { readLayer } from './readLayer.ts';
import { writeLayerIndex } from './writeLayerIndex.ts';

/**
 * Reads a layer's blob in one pass and writes its index, checkpoints included, to `destination` by rename. A damaged
 * blob gives the index of what could be read.
 *
 * While that takes, progress now and then names a preview: an index file of what was read so far.
 *
 * Synchronous work in slices of some 50 ms: for a process of its own, or for small layers.
 *
 * @throws EngineError `unsupported`, `cancelled`, and failures of the disk; nothing is written then.
 */
export async function indexLayer(
  blob: BlobLocation,
  destination: string,
  options: CallOptions = {},
): Promise<void> {
  const builder = new LayerIndexBuilder();
  const previews = new Previews(builder, destination, (done, preview) =>
    options.onProgress?.({ subject: blob.file, done, total: blob.size, preview }),
  );
  const { packing, checkpoints, ...facts } = await readLayer(blob, builder, {
    ...options,
    ...(options.onProgress && { onPause: ({ done, tarSize }) => previews.pause(done, tarSize) }),
  });
  const index = builder.finish({ ...facts, tarSize: packing.tarSize });
  await writeLayerIndex(destination, index, encodeCheckpoints(packing, checkpoints));
}

/** The first preview comes when a person begins to wait; each further one is three times as late, as it costs more. */
const firstPreviewMs = 600;

class Previews {
  readonly #builder: LayerIndexBuilder;
  readonly #destination: string;
  readonly #announce: (done: number, preview: string) => void;
  readonly #startMs = performance.now();
  #dueMs = firstPreviewMs;
  #count = 0;

  constructor(
    builder: LayerIndexBuilder,
    destination: string,
    announce: (done: number, preview: string) => void,
  ) {
    this.#builder = builder;
    this.#destination = destination;
    this.#announce = announce;
  }

  async pause(done: number, tarSize: number): Promise<void> {
    if (performance.now() - this.#startMs < this.#dueMs) return;
    const file = `${this.#destination}-${process.pid}-${++this.#count}.preview`;
    await writeLayerIndex(file, this.#builder.preview(tarSize));
    this.#announce(done, file);
    this.#dueMs = Math.max(this.#dueMs, performance.now() - this.#startMs) * 3;
  }
}
