import { existsSync } from 'node:fs';
import path from 'node:path';
import { BlobFile } from './archive/blobFile.ts';
import type { BlobLocation } from './archive/blobLocation.ts';
import { sniffCompression, sniffLength } from './archive/compression.ts';
import { contextWorkBeside, contextWorkInPlace, type ContextWork } from './build/contextHash/contextWork.ts';
import {
  sentContextsBeside,
  sentContextsInPlace,
  type SentContextWork,
} from './builders/sentContexts/sentContextWork.ts';
import { type LayerWork, workBeside, workInPlace } from './layers/layerWork.ts';
import { type ContainerWork, containerWorkBeside } from './snapshots/containerWork.ts';

/** Where the heavy work is done. */
export interface WorkPlace {
  /** The folder of the worker's and the indexer's entries. Without it all work is done on this thread. */
  readonly bundles?: string | undefined;
  /** Whether nobody waits for this thread, as on a command line: only large layers are worth a process then. */
  readonly isAlone?: boolean | undefined;
}

/** Stored bytes up to which a layer is read faster in place than a process starts. */
const smallLayer = 8 * 2 ** 20;
/** The same for a plain tar, of which only the headers are read. */
const smallPlainLayer = 2 ** 30;

/** @param cacheDirectory for unpacked tars of layers that cannot be entered in the middle; disposable. */
export function startWork({ bundles, isAlone }: WorkPlace, cacheDirectory: string): LayerWork {
  if (bundles === undefined) return workInPlace(cacheDirectory);
  const entries = { indexer: entryIn(bundles, 'indexer'), worker: entryIn(bundles, 'worker') };
  const beside = workBeside(entries, cacheDirectory);
  return isAlone === true ? largeBeside(workInPlace(cacheDirectory), beside) : beside;
}

/** The work on containers; undefined where it is done on this thread. */
export function startContainerWork(
  { bundles }: WorkPlace,
  cacheDirectory: string,
): ContainerWork | undefined {
  return bundles === undefined ? undefined : containerWorkBeside(entryIn(bundles, 'worker'), cacheDirectory);
}

/** @param contextsDirectory for records of build contexts and of what was uploaded of them; disposable. */
export function startContextWork({ bundles, isAlone }: WorkPlace, contextsDirectory: string): ContextWork {
  return bundles === undefined || isAlone === true
    ? contextWorkInPlace(contextsDirectory)
    : contextWorkBeside(entryIn(bundles, 'worker'), contextsDirectory);
}

/** Contexts as builders read them that look at every file anew. */
export function startSentContexts({ bundles, isAlone }: WorkPlace): SentContextWork {
  return bundles === undefined || isAlone === true
    ? sentContextsInPlace()
    : sentContextsBeside(entryIn(bundles, 'worker'));
}

function largeBeside(inPlace: LayerWork, beside: LayerWork): LayerWork {
  return {
    ...inPlace,
    buildIndex: async (blob, destination, options) =>
      ((await isSmall(blob)) ? inPlace : beside).buildIndex(blob, destination, options),
    [Symbol.asyncDispose]: async () => {
      await beside[Symbol.asyncDispose]();
      await inPlace[Symbol.asyncDispose]();
    },
  };
}

async function isSmall(blob: BlobLocation): Promise<boolean> {
  if (blob.size <= smallLayer || blob.size > smallPlainLayer) return blob.size <= smallLayer;
  await using file = await BlobFile.open(blob);
  return sniffCompression(await file.read(0, sniffLength)) === 'tar';
}

/** The bundle, or its source where the program runs from that. */
export function entryIn(folder: string, name: string): string {
  const bundle = path.join(folder, `${name}.js`);
  return existsSync(bundle) ? bundle : path.join(folder, `${name}.ts`);
}
