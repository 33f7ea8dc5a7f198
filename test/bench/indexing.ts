import { rmSync } from 'node:fs';
import path from 'node:path';
import { fastest, measureProcess, type ProcessFigures } from './measureProcess.ts';
import {
  diveProgram,
  folderBytes,
  freshStore,
  isInstalled,
  layerBlobs,
  type Record,
  runLamina,
  scratch,
  sum,
} from './workshop.ts';
import type { WrittenShape } from './writeShape.ts';

/**
 * The full index of gzip layers, beside what else must read all of them, turn about: what else the machine does then
 * meets them alike. Returns the time `gzip -dc` takes.
 */
export async function measureIndexing(
  record: Record,
  ordinary: WrittenShape,
  rounds: number,
): Promise<number> {
  const blobs = layerBlobs(ordinary);
  const best = { inflate: Infinity, tar: Infinity, index: Infinity };
  let peak: ProcessFigures | undefined;
  for (let round = 0; round < rounds; round++) {
    best.inflate = Math.min(best.inflate, await sum(blobs, (blob) => measureProcess('gzip', ['-dc', blob])));
    peak = await runLamina(['layers', '--json', ordinary.oci], freshStore(), {
      watchMemory: true,
      keepOutput: true,
    });
    best.index = Math.min(best.index, peak.milliseconds);
    best.tar = Math.min(best.tar, await sum(blobs, (blob) => measureProcess('tar', ['-tzvf', blob])));
  }
  record.add({ id: 'gzip', what: 'gzip -dc, layer by layer', value: best.inflate, unit: 'ms' });
  record.compare('tar', 'tar -tzvf, layer by layer', best.tar, best.inflate, 'gzip -dc');
  record.compare('index', 'Lamina: full index, content hashes', best.index, best.inflate, 'gzip -dc');
  if (peak?.peakBytes !== undefined) addMemory(record, peak, ordinary);
  await measureUmoci(record, ordinary, best.inflate);
  return best.inflate;
}

/** The first look at a `docker save` archive: trees, counts and sizes; content hashes may wait. */
export async function measureDockerArchive(
  record: Record,
  { dockerArchive }: WrittenShape,
  inflate: number,
): Promise<void> {
  const open = await fastest(5, () => runLamina(['layers', dockerArchive], freshStore()));
  record.compare(
    'open-docker',
    'Lamina: first open of a docker save archive',
    open.milliseconds,
    inflate,
    'gzip -dc',
  );
  const dive = diveProgram();
  if (dive === undefined) {
    record.miss('dive: not built (npm test -- --full builds it into the cache)');
    return;
  }
  const args = ['--source', 'docker-archive', dockerArchive, '--json', path.join(scratch, 'dive.json')];
  const other = await fastest(3, () => measureProcess(dive, args, { watchMemory: true }));
  record.add({ id: 'dive', what: 'dive --json, the same archive', value: other.milliseconds, unit: 'ms' });
  record.compare(
    'open-docker-dive',
    'Lamina beside dive',
    open.milliseconds,
    other.milliseconds,
    'dive --json',
  );
  if (other.peakBytes !== undefined)
    record.add({ id: 'dive-memory', what: 'dive: peak memory', value: other.peakBytes, unit: 'bytes' });
}

export async function measureShape(record: Record, { shape, dockerArchive }: WrittenShape): Promise<void> {
  const read = await fastest(3, () => runLamina(['layers', dockerArchive], freshStore()));
  const list = await fastest(2, () => measureProcess('tar', ['-tvf', dockerArchive]));
  const cat = await fastest(2, () => measureProcess('sha256sum', [dockerArchive]));
  record.compare(
    `shape-${shape.name}`,
    `${shape.name}: ${shape.what}`,
    read.milliseconds,
    cat.milliseconds,
    `sha256sum (tar -t ${list.milliseconds.toFixed(0)} ms)`,
  );
}

function addMemory(record: Record, { peakBytes = 0, stdout }: ProcessFigures, { oci }: WrittenShape): void {
  const rows = JSON.parse(stdout) as readonly { readonly entries: number }[];
  const entries = rows.reduce((total, row) => total + row.entries, 0);
  record.add({
    id: 'index-memory',
    what: `Lamina: peak memory of all processes (${entries} entries, ${(folderBytes(oci) / 1e6).toFixed(0)} MB)`,
    value: peakBytes,
    unit: 'bytes',
    ratio: peakBytes / (260e6 + 100 * entries),
    ratioOf: '260 MB + 100 B/entry',
  });
}

async function measureUmoci(record: Record, { oci }: WrittenShape, inflate: number): Promise<void> {
  if (!isInstalled('umoci')) {
    record.miss('umoci: not installed');
    return;
  }
  const bundle = path.join(scratch, 'bundle');
  const { milliseconds } = await measureProcess('umoci', [
    'unpack',
    '--rootless',
    '--image',
    `${oci}:bench`,
    bundle,
  ]);
  rmSync(bundle, { recursive: true, force: true });
  record.compare('umoci', 'umoci unpack', milliseconds, inflate, 'gzip -dc');
}
