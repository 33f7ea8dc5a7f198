import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runEditorSuite } from '../machine/editorSuite.mjs';
import { Random } from '../support/random.ts';
import { ContentPool } from './contentPool.ts';
import type { InProcessFigures } from './inProcess.ts';
import { fastest, measureProcess, type ProcessFigures } from './measureProcess.ts';
import { folderBytes, freshStore, program, type Record, root, runLamina, scratch } from './workshop.ts';
import type { WrittenShape } from './writeShape.ts';

/** A fresh process that lists the merged root of an image it has seen before. */
export async function measureReopening(
  record: Record,
  { oci }: WrittenShape,
  start: ProcessFigures,
): Promise<void> {
  const store = freshStore();
  await runLamina(['ls', oci], store);
  const { milliseconds } = await fastest(7, () => runLamina(['ls', oci], store));
  const beyond = milliseconds - start.milliseconds;
  record.add({
    id: 'reopen',
    what: "Lamina: reopening, beyond Node's start",
    value: beyond,
    unit: 'ms',
    ratio: beyond / start.milliseconds,
    ratioOf: "Node's start",
  });
}

export async function measureInProcess(
  record: Record,
  ordinary: WrittenShape,
  deep: WrittenShape,
): Promise<void> {
  const store = freshStore();
  await runLamina(['layers', ordinary.oci], store);
  const compressed = folderBytes(ordinary.oci);
  const indexBytes = folderBytes(path.join(store, 'indexes'));
  record.add({
    id: 'index-disk',
    what: 'Lamina: index on disk',
    value: indexBytes,
    unit: 'bytes',
    ratio: indexBytes / compressed,
    ratioOf: 'the image',
  });
  const flags = ['--expose-gc', '--no-warnings'];
  const { stdout } = await measureProcess(
    process.execPath,
    [...flags, path.join(import.meta.dirname, 'inProcess.ts'), store, ordinary.oci, deep.oci, program],
    { keepOutput: true },
  );
  addInProcess(record, JSON.parse(stdout) as InProcessFigures);
}

export function measureSizes(record: Record): void {
  const bundle = statSync(path.join(program, 'extension.js')).size;
  record.add({
    id: 'bundle',
    what: 'dist/extension.js',
    value: bundle,
    unit: 'bytes',
    ratio: bundle / 400e3,
    ratioOf: '400 kB',
  });
  const vsix = path.join(root, 'dist/lamina.vsix');
  if (!existsSync(vsix)) record.miss('the VSIX: `npm run package` first');
  else
    record.add({
      id: 'vsix',
      what: 'dist/lamina.vsix',
      value: statSync(vsix).size,
      unit: 'bytes',
      ratio: statSync(vsix).size / 1.5e6,
      ratioOf: '1.5 MB',
    });
}

/** What only a real extension host has (test/editor/benchFigures.test.ts). */
export async function measureHost(record: Record, { oci }: WrittenShape): Promise<void> {
  const file = path.join(scratch, 'host.json');
  const env = { LAMINA_BENCH_IMAGE: oci, LAMINA_BENCH_FIGURES: file };
  await runEditorSuite({ timeoutMs: 600_000, grep: 'bench figures', env });
  if (!existsSync(file)) {
    record.miss('activation and blocks of the extension host: the suite gave no figures');
    return;
  }
  const host = JSON.parse(readFileSync(file, 'utf8')) as HostFigures;
  const { activationMs, longestBlockMs, idleBlockMs } = host;
  record.compare('activation', 'activation of the extension', activationMs, 50, '50 ms');
  record.add({
    id: 'block-idle',
    what: 'longest block of the idle extension host',
    value: idleBlockMs,
    unit: 'ms',
  });
  record.compare('block', 'longest block of the extension host while indexing', longestBlockMs, 16, '16 ms');
}

interface HostFigures {
  readonly activationMs: number;
  readonly idleBlockMs: number;
  readonly longestBlockMs: number;
}

function addInProcess(record: Record, inner: InProcessFigures): void {
  const span = inflateSpan();
  const of = 'inflating 2 MiB';
  record.compare('read-p50', 'one 4 kB file of the largest gzip layer, median', inner.readMs.p50, span, of);
  record.compare('read-p95', 'the same, 95 of 100', inner.readMs.p95, span, of);
  const some = `${inner.layersOfSome} layers`;
  record.add({
    id: 'naive',
    what: `full union of ${some}, as a map of objects`,
    value: inner.naiveMs.union,
    unit: 'ms',
  });
  record.compare('union', `full union of ${some}`, inner.unionMs.some, inner.naiveMs.union, 'map of objects');
  record.add({ id: 'union-all', what: 'full union of all layers', value: inner.unionMs.all, unit: 'ms' });
  record.compare(
    'list',
    `one folder of 1000 in ${some}`,
    inner.listMs.some,
    inner.naiveMs.list,
    'map of objects',
  );
  record.add({
    id: 'list-all',
    what: 'one folder of 1000 in all layers',
    value: inner.listMs.all,
    unit: 'ms',
  });
  const perEntry = inner.bytesPerEntry;
  record.add({
    id: 'entry-memory',
    what: 'memory of an entry',
    value: perEntry,
    unit: 'bytes/entry',
    ratio: perEntry / 100,
    ratioOf: '100 bytes',
  });
}

/** What inflating the bytes between two checkpoints takes, the best of five. */
function inflateSpan(): number {
  const packed = gzipSync(new ContentPool(new Random(2)).take(2 << 20));
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    gunzipSync(packed);
    return performance.now() - started;
  });
  return Math.min(...times);
}
