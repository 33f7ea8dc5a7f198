import type { Digest } from '../oci/digest.ts';
import type { Image } from '../sources/image.ts';
import { storedSizeOf } from '../sources/layerBlobs.ts';

/** Which store of Docker 29 an answer is to equal (CLI.md, `--like`). */
export type EngineLike = 'classic' | 'containerd';

export interface HistoryRow {
  /** `sha256:…` or `<missing>`. */
  readonly id: string;
  /** As in the config; undefined when it has none. */
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly size: number;
  /** Set where the layer was not fetched: `size` is what it has as stored, not docker's SIZE. */
  readonly isStoredSize?: true;
  readonly comment: string;
  /** The layer this row made. */
  readonly layer: number | undefined;
}

/**
 * Rows as `docker image history` of Docker 29 has them for an image loaded into an empty engine, newest first. They are
 * the config's history and nothing else: layers without a step have no row (formats.md §3.3).
 *
 * @param sizes docker's SIZE of each layer, lowest first; undefined of those that were not fetched.
 * @param target what the containerd store calls the image by (see `containerdTarget`); undefined for the classic store,
 *   which calls it by its config, and the parents an archive gives it by theirs.
 */
export function historyRows(
  image: Image,
  sizes: readonly (number | undefined)[],
  target?: Digest,
): readonly HistoryRow[] {
  const ids = target === undefined ? [image.imageId, ...(image.core.parents ?? [])] : [target];
  const told = image.steps.filter(({ item }) => item !== undefined);
  return told.reverse().map(({ item, layer }, row) => ({
    id: ids[row] ?? '<missing>',
    created: item?.created,
    createdBy: item?.createdBy ?? '',
    ...sizeOf(image, layer, sizes),
    comment: item?.comment ?? '',
    layer,
  }));
}

function sizeOf(
  image: Image,
  layer: number | undefined,
  sizes: readonly (number | undefined)[],
): Pick<HistoryRow, 'size' | 'isStoredSize'> {
  const size = layer === undefined ? 0 : sizes[layer];
  if (size !== undefined) return { size };
  const blob = layer === undefined ? undefined : image.layers[layer]?.blob;
  return { size: (blob && storedSizeOf(blob)) ?? 0, isStoredSize: true };
}
