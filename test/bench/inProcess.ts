import {
  createEngine,
  type Engine,
  type Image,
  type LayerIndex,
  parseLayerPath,
  type RootfsEntry,
  silentLogger,
} from '../../src/engine/index.ts';
import { Random } from '../support/random.ts';

/** What is measured within one process, printed as JSON: `node inProcess.ts STORE ORDINARY-IMAGE DEEP-IMAGE BUNDLES`. */
export interface InProcessFigures {
  readonly readMs: { readonly p50: number; readonly p95: number };
  readonly unionMs: { readonly some: number; readonly all: number };
  /** The same union, and the same listing, as a map of objects. */
  readonly naiveMs: { readonly union: number; readonly list: number };
  readonly listMs: { readonly some: number; readonly all: number };
  readonly layersOfSome: number;
  readonly bytesPerEntry: number;
}

/** It has a thousand names, which every layer writes. */
const folder = '/shared/folder0';
const [store = '', ordinary = '', deep = '', bundles = ''] = process.argv.slice(2);
const engine = createEngine({ storeDirectory: store, log: silentLogger, bundles });
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await engine[Symbol.asyncDispose]();
}

async function measure(): Promise<InProcessFigures> {
  const deepImage = await openImage(engine, deep);
  const all = deepImage.layers.length - 1;
  const some = Math.min(29, all);
  const bytesPerEntry = await entryMemory(deepImage);
  return {
    readMs: await randomReads(await openImage(engine, ordinary)),
    unionMs: { some: await fullUnion(deepImage, some), all: await fullUnion(deepImage, all) },
    naiveMs: {
      union: await naiveUnion(deepImage, some, '/'),
      list: await naiveUnion(deepImage, some, folder),
    },
    listMs: { some: await listOne(deepImage, some), all: await listOne(deepImage, all) },
    layersOfSome: some + 1,
    bytesPerEntry,
  };
}

/** What the indexes of all layers hold, opened a second time: building them is another matter. */
async function entryMemory(image: Image): Promise<number> {
  for (const { position } of image.layers) await engine.layerIndex(image, position);
  const other = createEngine({ storeDirectory: store, log: silentLogger, bundles });
  const before = heldBytes();
  const indexes: LayerIndex[] = [];
  for (const { position } of image.layers) indexes.push(await other.layerIndex(image, position));
  const entries = indexes.reduce((total, { nodeCount }) => total + nodeCount, 0);
  const held = heldBytes() - before;
  await other[Symbol.asyncDispose]();
  return held / entries;
}

async function openImage(from: Engine, location: string): Promise<Image> {
  const opened = await from.open(location);
  const [entry] = await opened.list();
  const variant = entry?.variants[0];
  if (entry === undefined || variant === undefined) throw new Error(`${location} has no image`);
  return from.image(opened, entry, variant);
}

/** Reading one file of about 4 kB of the largest layer, at 200 random places, each in a worker thread. */
async function randomReads(image: Image): Promise<InProcessFigures['readMs']> {
  const view = await engine.rootfs(image, 0);
  const files = [...view.walk()].filter(({ type, size }) => type === 'file' && size > 2000 && size < 8000);
  const random = new Random(1);
  await engine.readFile(image, random.pick(files), 1e6);
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const file: RootfsEntry = random.pick(files);
    const started = performance.now();
    await engine.readFile(image, file, 1e6);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { p50: times[100] ?? 0, p95: times[190] ?? 0 };
}

/** All entries of a union that nobody has asked yet. */
async function fullUnion(image: Image, upTo: number): Promise<number> {
  return best(3, async () => {
    const view = await engine.rootfs(image, upTo);
    return () => {
      let count = 0;
      for (const entry of view.walk()) count += entry.layer < 0 ? 0 : 1;
      return count;
    };
  });
}

/** Listing {@link folder}. */
async function listOne(image: Image, upTo: number): Promise<number> {
  return best(5, async () => {
    const view = await engine.rootfs(image, upTo);
    return () => view.list(parseLayerPath(folder)).length;
  });
}

/** The same union below a folder the simple way: a map from paths to objects, filled layer by layer. Paths are made beforehand. */
async function naiveUnion(image: Image, upTo: number, below: string): Promise<number> {
  const layers: { readonly path: string; readonly isRemoval: boolean; readonly value: object }[][] = [];
  for (let layer = 0; layer <= upTo; layer++) {
    const changes = (await engine.allChanges(image, layer)).filter((change) => change.path.startsWith(below));
    layers.push(
      changes.map(({ path: name, kind, entry }) => ({
        path: name,
        isRemoval: kind === 'removed',
        value: { ...entry },
      })),
    );
  }
  return best(3, () =>
    Promise.resolve(() => {
      const union = new Map<string, object>();
      for (const layer of layers)
        for (const { path: name, isRemoval, value } of layer)
          if (isRemoval) union.delete(name);
          else union.set(name, { ...value, layer });
      return [...union].sort(([a], [b]) => (a < b ? -1 : 1)).length;
    }),
  );
}

async function best(times: number, prepare: () => Promise<() => unknown>): Promise<number> {
  let shortest = Infinity;
  for (let i = 0; i < times; i++) {
    const run = await prepare();
    const started = performance.now();
    run();
    shortest = Math.min(shortest, performance.now() - started);
  }
  return shortest;
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
