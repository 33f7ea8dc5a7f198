// A process that works on a store until it is killed or has done what it was told. It writes a line before and after
// each operation, with a system call of its own, so that what it has said is known however it ends.
import { writeSync } from 'node:fs';
import { openSource } from '../../src/engine/sources/index.ts';
import { collectGarbage } from '../../src/engine/store/collectGarbage.ts';
import { openDiskStore } from '../../src/engine/store/openDiskStore.ts';
import { importImage } from '../../src/engine/transfer/importImage.ts';
import { tagImage } from '../../src/engine/transfer/tagImage.ts';
import type { Digest } from '../../src/engine/oci/digest.ts';

/** One thing to do. `name` is in full. */
export type ChildOperation =
  | { readonly kind: 'import'; readonly name: string; readonly layout: string; readonly digest: Digest }
  | { readonly kind: 'tag'; readonly name: string; readonly digest: Digest }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'gc' };

export interface ChildTask {
  readonly directory: string;
  readonly operations: readonly ChildOperation[];
  /** Failures of these codes are tried again, as a person would. */
  readonly retries: number;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const store = await openDiskStore(task.directory);
say('ready');
for (const [at, operation] of task.operations.entries()) {
  say(`begin ${at}`);
  await run(operation, task.retries);
  say(`done ${at}`);
}

async function run(operation: ChildOperation, retries: number): Promise<void> {
  try {
    await once(operation);
  } catch (error) {
    if (retries === 0) throw error;
    await run(operation, retries - 1);
  }
}

async function once(operation: ChildOperation): Promise<void> {
  if (operation.kind === 'import') await importFrom(operation.layout, operation.name);
  else if (operation.kind === 'tag') await tagImage(store, operation.name, operation.digest);
  else if (operation.kind === 'remove') await store.refs.removeName(operation.name);
  else await collectGarbage(store, { isDryRun: false, graceMs: -1 });
}

async function importFrom(layout: string, name: string): Promise<void> {
  await using source = await openSource(layout, { spoolDirectory: layout });
  for (const entry of await source.list()) await importImage(store, source, entry, name);
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
