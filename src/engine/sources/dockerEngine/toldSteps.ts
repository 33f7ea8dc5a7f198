import { isDigest } from '../../oci/digest.ts';
import { areStepsDoubtful, findEmptySteps, type ToldStep } from './emptySteps.ts';
import type { EngineHistoryRow, EngineImageDetails } from './engineApi.ts';
import type { EngineClient, StopOption } from './engineClient.ts';

/** A step of an image's history, as its engine tells it. */
export interface EngineStep extends EngineHistoryRow {
  /** As far as is known: see `findEmptySteps`. */
  readonly isEmpty: boolean;
}

/**
 * The history of an image, oldest first, with a judgement of which steps made layers. Where that is in doubt, the images
 * that the steps left behind are asked for their layers, as the classic builder leaves one at each.
 *
 * @param options `mayAsk`: false where the true config says it.
 */
export async function toldSteps(
  client: EngineClient,
  { diffIds }: EngineImageDetails,
  history: readonly EngineHistoryRow[],
  options: StopOption & { readonly mayAsk: boolean },
): Promise<readonly EngineStep[]> {
  const rows = [...history].reverse();
  const steps =
    options.mayAsk && areStepsDoubtful(rows, diffIds.length)
      ? await withLayerCounts(client, rows, diffIds.length, options)
      : rows;
  const empty = findEmptySteps(steps, diffIds.length);
  return rows.map((row, step) => ({ ...row, isEmpty: empty[step] === true }));
}

async function withLayerCounts(
  client: EngineClient,
  rows: readonly EngineHistoryRow[],
  layerCount: number,
  options: StopOption,
): Promise<readonly ToldStep[]> {
  const layersOf = async ({ id }: EngineHistoryRow): Promise<number | undefined> =>
    isDigest(id)
      ? client.inspectImage(id, options).then(
          ({ diffIds }) => diffIds.length,
          () => undefined,
        )
      : undefined;
  const counts = await Promise.all(rows.slice(0, -1).map(layersOf));
  return rows.map((row, step) => ({
    ...row,
    layersSoFar: step === rows.length - 1 ? layerCount : counts[step],
  }));
}
