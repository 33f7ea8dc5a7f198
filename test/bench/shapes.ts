import { Random } from '../support/random.ts';
import type { TarEntrySpec } from '../support/tarBytes.ts';
import { ContentPool } from './contentPool.ts';

/** An image to be written: its layers' entries, made while they are written. */
export interface Shape {
  readonly name: string;
  readonly what: string;
  readonly layers: readonly (() => Iterable<TarEntrySpec>)[];
}

/** Changes when shapes do, so that kept inputs are made again. */
export const shapesVersion = 4;

/**
 * An image like those people have: `entries` paths, files from bytes to megabytes, four layers of which the first has
 * half of all, one path in twenty written again above.
 */
export function ordinaryImage(name: string, entries: number, bytes: number): Shape {
  const shares = [0.5, 0.25, 0.15, 0.1];
  const what = `${(bytes / 1e6).toFixed(0)} MB in ${entries} entries, ${shares.length} layers`;
  const layers = shares.map(
    (share, layer) => () => ordinaryLayer(layer, Math.round(entries * share), Math.round(bytes * share)),
  );
  return { name, what, layers };
}

function* ordinaryLayer(layer: number, entries: number, bytes: number): Generator<TarEntrySpec> {
  const random = new Random(1000 + layer);
  const pool = new ContentPool(random);
  const folders = Math.max(1, Math.round(entries / 12));
  const sizes = fileSizes(random, entries - folders, bytes);
  let file = 0;
  for (let folder = 0; folder < folders; folder++) {
    const isRewritten = layer > 0 && folder % 20 === 0;
    const path = `usr/lib/part${folder % 40}/${isRewritten ? 'layer0' : `layer${layer}`}-module${folder}`;
    yield { name: path, type: 'dir' };
    const end = Math.round(((folder + 1) * sizes.length) / folders);
    for (; file < end; file++) yield ordinaryFile(`${path}/file${file}`, pool, sizes[file] ?? 0);
  }
}

function ordinaryFile(name: string, pool: ContentPool, size: number): TarEntrySpec {
  return { name: `${name}.dat`, content: pool.take(size), mode: 0o644 };
}

/** Log-normal sizes, as in a file system, that add up to about `total`. */
function fileSizes(random: Random, count: number, total: number): readonly number[] {
  const weights = Array.from({ length: count }, () => Math.min(400, Math.exp(1.8 * normal(random))));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => Math.round((weight / sum) * total));
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Many layers of small files: half of each layer is its own, half writes again what lower layers have. */
export function deepImage(name: string, layers: number, entriesPerLayer: number): Shape {
  return {
    name,
    what: `${layers} layers of ${entriesPerLayer} entries`,
    layers: Array.from({ length: layers }, (_, layer) => () => deepLayer(layer, entriesPerLayer)),
  };
}

function* deepLayer(layer: number, entries: number): Generator<TarEntrySpec> {
  const half = Math.floor(entries / 2);
  yield* folderFiles(`own/layer${layer}`, half, `${layer}`);
  yield* folderFiles('shared', half, `${layer}`);
  if (layer > 0) yield { name: `shared/folder0/.wh.file${layer}`, content: '' };
}

/** Folders of a thousand entries each, the folder included. */
function* folderFiles(parent: string, count: number, content: string): Generator<TarEntrySpec> {
  for (let made = 0; made < count; made++) {
    const folder = `${parent}/folder${Math.floor(made / 1000)}`;
    if (made % 1000 === 0) yield { name: folder, type: 'dir' };
    else yield { name: `${folder}/file${made % 1000}`, content };
  }
}

/** The five shapes of stereoscope's own benchmark (reference: peers, §3.2), generated alike. */
export function stereoscopeShapes(scale: number): readonly Shape[] {
  return [
    plainShape('f1', 5, 249 * scale, 537),
    plainShape('f2', 31, 26 * scale, Math.round(6577 * scale)),
    plainShape('f3', 7, 58 * scale, Math.round(51_789 * scale)),
    plainShape('f4', 9, 21.6 * scale, Math.round(23_718 * scale), Math.round(10_000 * scale)),
    plainShape('f5', 11, 591 * scale, Math.round(15_506 * scale)),
  ];
}

function plainShape(name: string, layers: number, mebibytes: number, entries: number, hardLinks = 0): Shape {
  // The archive's size counts headers too.
  const bytes = Math.max(0, mebibytes * 2 ** 20 - entries * 1024);
  const perLayer = (all: number): number => Math.max(1, Math.round(all / layers));
  return {
    name,
    what: `${layers} layers, ${mebibytes.toFixed(0)} MiB, ${entries} entries${hardLinks > 0 ? `, ${hardLinks} hard links` : ''}`,
    layers: Array.from(
      { length: layers },
      (_, layer) => () =>
        plainLayer(
          layer,
          perLayer(entries - hardLinks),
          perLayer(bytes),
          hardLinks > 0 ? perLayer(hardLinks) : 0,
        ),
    ),
  };
}

function* plainLayer(layer: number, entries: number, bytes: number, links: number): Generator<TarEntrySpec> {
  yield* ordinaryLayer(layer, entries, bytes);
  if (links === 0) return;
  yield { name: `links${layer}/target`, content: 'linked' };
  for (let link = 1; link < links; link++)
    yield { name: `links${layer}/name${link}`, type: 'hardlink', link: `links${layer}/target` };
}
