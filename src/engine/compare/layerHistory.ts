import type { Digest } from '../oci/digest.ts';
import type { Image } from '../sources/image.ts';

/** Which store of Docker 29 an answer is to equal (CLI.md, `--like`). */
export type EngineLike = 'classic' | 'containerd';

export interface HistoryRow {
  /** `sha256:…` or `<missing>`. */
  readonly id: string;
  /** As in the config; undefined when it has none. */
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly size: number;
  readonly comment: string;
  /** The layer this row made. */
  readonly layer: number | undefined;
}

/**
 * Rows as `docker image history` of Docker 29 has them for an image loaded into an empty engine, newest first. They are
 * the config's history and nothing else: layers without a step have no row (formats.md §3.3).
 *
 * @param sizes docker's SIZE of each layer, lowest first.
 * @param target what the containerd store calls the image by (see `containerdTarget`); undefined for the classic store,
 *   which calls it by its config, and the parents an archive gives it by theirs.
 */
export function historyRows(image: Image, sizes: readonly number[], target?: Digest): readonly HistoryRow[] {
  const ids = target === undefined ? [image.imageId, ...(image.core.parents ?? [])] : [target];
  const told = image.steps.filter(({ item }) => item !== undefined);
  return told.reverse().map(({ item, layer }, row) => ({
    id: ids[row] ?? '<missing>',
    created: item?.created,
    createdBy: item?.createdBy ?? '',
    size: layer === undefined ? 0 : (sizes[layer] ?? 0),
    comment: item?.comment ?? '',
    layer,
  }));
}
