import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type FlakyProxy, startFlakyProxy } from '../machine/flakyProxy.mjs';
import { startRegistry } from '../machine/registry.mjs';
import { measureProcess, type ProcessFigures } from './measureProcess.ts';
import type { RemoteFigures } from './remoteBrowse.ts';
import {
  folderBytes,
  freshStore,
  isInstalled,
  program,
  type Record,
  runLamina,
  scratch,
} from './workshop.ts';
import type { WrittenShape } from './writeShape.ts';

/** Times are taken at the registry itself, bytes through a proxy that counts them. */
interface Place {
  readonly host: string;
  readonly proxy: FlakyProxy;
  /** Bytes of the image's layers. */
  readonly imageBytes: number;
  readonly oci: string;
}

/** Push, pull and remote browsing of one image, beside skopeo's copying of it. */
export async function measureRegistry(record: Record, { oci }: WrittenShape, rounds: number): Promise<void> {
  if (!isInstalled('skopeo')) {
    record.miss('transfers with registries: no skopeo in PATH');
    return;
  }
  const times = new Times();
  // A new registry for each round: skopeo remembers what it sent where, and mounts it the next time.
  for (let round = 0; round < rounds; round++)
    await withRegistry(oci, (place) => timeTransfers(place, times, round));
  times.addTo(record);
  await withRegistry(oci, async (place) => {
    await countTransfers(record, place);
    await measureBrowsing(record, place);
  });
}

async function withRegistry(oci: string, work: (place: Place) => Promise<void>): Promise<void> {
  const registry = await startRegistry();
  const [address = '', port = ''] = registry.host.split(':');
  const proxy = await startFlakyProxy({ host: address, port: Number(port) });
  try {
    await work({ host: registry.host, proxy, imageBytes: folderBytes(oci), oci });
  } finally {
    await proxy.stop();
    await registry.stop();
  }
}

/** Who sends and who fetches; both are asked for the same. */
const movers = {
  skopeo: {
    push: (oci: string, to: string) =>
      measureProcess('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci:${oci}`, `docker://${to}`]),
    pull: (from: string) =>
      inFolder((folder) =>
        measureProcess('skopeo', [
          'copy',
          '-q',
          '--src-tls-verify=false',
          `docker://${from}`,
          `oci:${folder}:x`,
        ]),
      ),
  },
  lamina: {
    push: (oci: string, to: string) => inFolder((folder) => runLamina(['push', '-q', oci, to], folder)),
    pull: (from: string) => inFolder((folder) => runLamina(['pull', '-q', from], folder)),
  },
} as const;

type Mover = keyof typeof movers;

/** The shortest of each: what else the machine does only ever adds. */
class Times {
  readonly #best = new Map<string, number>();

  async take(what: 'push' | 'pull', mover: Mover, run: Promise<ProcessFigures>): Promise<void> {
    const { milliseconds } = await run;
    const key = `${what} ${mover}`;
    this.#best.set(key, Math.min(this.#best.get(key) ?? Infinity, milliseconds));
  }

  addTo(record: Record): void {
    for (const what of ['push', 'pull'] as const) {
      const theirs = this.#best.get(`${what} skopeo`) ?? 0;
      record.add({ id: `registry-${what}-skopeo`, what: `skopeo copy: ${what}`, value: theirs, unit: 'ms' });
      const ours = this.#best.get(`${what} lamina`) ?? 0;
      record.compare(`registry-${what}`, `Lamina: ${what}`, ours, theirs, 'skopeo copy of the same');
    }
  }
}

/** In turns, and each first in every other round. */
async function timeTransfers({ oci, host }: Place, times: Times, round: number): Promise<void> {
  const order: readonly Mover[] = round % 2 === 0 ? ['skopeo', 'lamina'] : ['lamina', 'skopeo'];
  for (const mover of order)
    await times.take('push', mover, movers[mover].push(oci, `${host}/${mover}/image:1`));
  for (const mover of order) await times.take('pull', mover, movers[mover].pull(`${host}/${mover}/image:1`));
}

async function countTransfers(record: Record, { oci, proxy, imageBytes }: Place): Promise<void> {
  const count = async (id: string, what: string, work: () => Promise<unknown>): Promise<void> => {
    addBytes(record, id, what, await bytesDuring(proxy, work), imageBytes);
  };
  for (const mover of ['skopeo', 'lamina'] as const) {
    const { push, pull } = movers[mover];
    const name = `${proxy.host}/${mover}/image`;
    await count(`${mover}-push-bytes`, `bytes of a push by ${mover}`, () => push(oci, `${name}:1`));
    await count(`${mover}-pull-bytes`, `bytes of a pull by ${mover}`, () => pull(`${name}:1`));
    await count(`${mover}-again-bytes`, `bytes of a push of what is there by ${mover}`, () =>
      push(oci, `${name}:2`),
    );
  }
}

async function measureBrowsing(record: Record, { proxy, imageBytes }: Place): Promise<void> {
  const reference = `${proxy.host}/skopeo/image:1`;
  const store = freshStore();
  const browse = async (mode: string, file = ''): Promise<RemoteFigures> => {
    const script = path.join(import.meta.dirname, 'remoteBrowse.ts');
    const args = ['--no-warnings', script, mode, reference, store, program, file];
    const { stdout } = await measureProcess(process.execPath, args, { keepOutput: true });
    return JSON.parse(stdout) as RemoteFigures;
  };
  const timed = async (id: string, what: string, mode: string, file?: string): Promise<RemoteFigures> => {
    let figures: RemoteFigures | undefined;
    const bytes = await bytesDuring(proxy, async () => {
      figures = await browse(mode, file);
    });
    if (figures === undefined) throw new Error('it said nothing');
    record.add({ id: `${id}-time`, what: `${what}: time`, value: figures.milliseconds, unit: 'ms' });
    addBytes(record, `${id}-bytes`, `${what}: bytes`, bytes, imageBytes);
    return figures;
  };
  await timed('remote-open', 'remote image: manifest and history', 'open');
  const { file } = await timed('remote-index', 'remote image: all trees, the first time', 'index');
  rmSync(path.join(store, 'fetched'), { recursive: true });
  await timed('remote-file', 'remote image: history and one file, indexes known', 'file', file);
  await timed('remote-file-again', 'remote image: the same again', 'file', file);
}

function addBytes(record: Record, id: string, what: string, bytes: number, imageBytes: number): void {
  record.add({ id, what, value: bytes, unit: 'bytes', ratio: bytes / imageBytes, ratioOf: 'the image' });
}

async function bytesDuring(proxy: FlakyProxy, work: () => Promise<unknown>): Promise<number> {
  const before = proxy.snapshot();
  await work();
  const after = proxy.snapshot();
  return after.asked + after.answered - before.asked - before.answered;
}

/** In a folder that is gone afterwards: images are large. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(scratch, 'copy-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
