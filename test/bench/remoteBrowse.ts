import {
  createEngine,
  type Engine,
  type Image,
  parseLayerPath,
  silentLogger,
  toText,
} from '../../src/engine/index.ts';

/*
 * Opens an image of a registry in a process of its own and says how long it took, as JSON: `open` gives manifest and
 * history, `index` reads all layers and names a file in the midst of the largest, `file` reads that one.
 */
const [mode = '', reference = '', store = '', bundles = '', file = ''] = process.argv.slice(2);

export interface RemoteFigures {
  readonly milliseconds: number;
  readonly steps: number;
  readonly file?: string;
}

const engine = createEngine({ storeDirectory: store, log: silentLogger, bundles });
const started = performance.now();
const image = await open();
const told =
  mode === 'index' ? { file: await fileInTheMidst() } : mode === 'file' ? { file: await readOne(file) } : {};
const figures: RemoteFigures = {
  milliseconds: performance.now() - started,
  steps: image.steps.length,
  ...told,
};
console.log(JSON.stringify(figures));
await engine[Symbol.asyncDispose]();

async function open(): Promise<Image> {
  const source = await engine.openRemote(reference);
  const [entry] = await source.list();
  const variant = entry?.variants[0];
  if (entry === undefined || variant === undefined) throw new Error('no image');
  return engine.image(source, entry, variant);
}

async function fileInTheMidst(): Promise<string> {
  const view = await engine.rootfs(image);
  const files = Array.from(view.walk()).filter(
    ({ type, size }) => type === 'file' && size > 1000 && size < 100_000,
  );
  const chosen = files[Math.floor(files.length / 2)];
  return chosen === undefined ? '' : toText(chosen.path);
}

async function readOne(path: string): Promise<string> {
  const view = await (engine satisfies Engine).rootfs(image);
  const entry = view.lookup(parseLayerPath(path));
  if (entry === undefined) throw new Error(`no ${path}`);
  await engine.readFile(image, entry, 1_000_000);
  return path;
}
