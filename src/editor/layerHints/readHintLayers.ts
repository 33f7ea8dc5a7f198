import {
  type LayerChange,
  type LayerPath,
  mayHoldSecret,
  type ReadLayer,
  secretHeadBytes,
  type StepStatus,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { CacheAnswer } from '../followedDockerfile.ts';
import type { StepLayerPlace, StepLayers } from '../stepLayers.ts';

/** Files of one layer that are looked into. */
const mostHeads = 50;

/**
 * The layers that a Dockerfile made, with what is needed of them.
 *
 * @param fetches whether those that lie in the engine alone are fetched; else they are left out.
 */
export async function readHintLayers(
  context: EditorContext,
  layers: StepLayers,
  answer: CacheAnswer,
  fetches: boolean,
): Promise<readonly ReadLayer[]> {
  const read: ReadLayer[] = [];
  for (const step of answer.report.steps) {
    const layer = await readLayer(context, layers, answer, step, fetches);
    if (layer !== undefined) read.push(layer);
  }
  return read.toSorted((a, b) => a.position - b.position);
}

/** An image that is gone has no layers. */
async function readLayer(
  context: EditorContext,
  layers: StepLayers,
  answer: CacheAnswer,
  step: StepStatus,
  fetches: boolean,
): Promise<ReadLayer | undefined> {
  const place = await layers.find(answer, step).catch(() => undefined);
  if (place === undefined) return undefined;
  const changes = fetches ? await layers.changes(place) : await layers.changesAtHand(place);
  if (changes === undefined) return undefined;
  const heads = await readHeads(context, place, changes);
  return { instruction: step.instruction, position: place.layer, changes, heads };
}

async function readHeads(
  { engine }: EditorContext,
  { opened: { image } }: StepLayerPlace,
  changes: readonly LayerChange[],
): Promise<ReadonlyMap<LayerPath, string>> {
  const heads = new Map<LayerPath, string>();
  for (const { path, entry } of changes.filter(mayHoldSecret).slice(0, mostHeads)) {
    if (entry === undefined) continue;
    const pieces: Uint8Array[] = [];
    const range = { start: 0, end: Math.min(entry.size, secretHeadBytes) };
    for await (const piece of engine.read(image, entry, range)) pieces.push(piece);
    heads.set(path, Buffer.concat(pieces).toString('latin1'));
  }
  return heads;
}
