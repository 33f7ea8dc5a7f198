import assert from 'node:assert/strict';
import path from 'node:path';
import type { Digest } from '../../../src/engine/oci/digest.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { buildImage } from '../../support/buildImage.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';
import { startStoreChild } from '../../support/startStoreChild.ts';
import type { ChildOperation } from '../../support/storeChild.ts';
import { tagsOf } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeOciLayout } from '../../support/writeOciLayout.ts';

const rounds = isFullRun ? 200 : 10;
const operationsPerRound = 400;

/** Images that share layers, large enough that a copy takes a while. */
const shared = new Random(7).bytes(300_000);
const images = Array.from({ length: 4 }, (_, at) =>
  buildImage([{ 'shared/data': shared }, { [`own/${at}`]: new Random(at).bytes(100_000) }]),
);

/**
 * A process that imports, tags, removes and collects is killed at a random moment, again and again, on one store. What it
 * had said to be done must be there; of the operation it was at, either state will do.
 */
describe(`kill -9 at random moments, ${rounds} rounds`, function () {
  this.timeout(isFullRun ? 1_800_000 : 120_000);

  it('loses nothing that was acknowledged, and the store verifies', async () => {
    const random = new Random(20_240_501);
    const directory = path.join(tempDir().path, 'store');
    const layouts = images.map((image) => writeOciLayout(image, tempDir().path));
    const expected = new Map<string, Digest>();
    const tally = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const operations = plan(random, layouts, expected);
      const lines = await killedRun(directory, operations, 1 + random.below(400));
      const at = follow(lines, operations, expected, await tagsOf(directory));
      tally.set(at, (tally.get(at) ?? 0) + 1);
      await requireSound(directory, expected, `round ${round}, killed at ${at}`);
    }
    for (const [at, count] of [...tally].sort()) console.log(`      killed at ${at.padEnd(20)}${count}`);
  });
});

/** Operations that make sense one after another, given what is stored. */
function plan(
  random: Random,
  layouts: readonly string[],
  stored: ReadonlyMap<string, Digest>,
): readonly ChildOperation[] {
  const present = new Map(stored);
  return Array.from({ length: operationsPerRound }, () => {
    const operation = next(random, layouts, present);
    apply(operation, present);
    return operation;
  });
}

function next(
  random: Random,
  layouts: readonly string[],
  present: ReadonlyMap<string, Digest>,
): ChildOperation {
  const name = `docker.io/library/app:${random.below(12)}`;
  const kind = random.pick(['import', 'import', 'tag', 'remove', 'gc'] as const);
  const digests = [...present.values()];
  if (kind === 'gc') return { kind };
  if (kind === 'remove') return { kind, name };
  if (kind === 'tag' && digests.length > 0) return { kind, name, digest: random.pick(digests) };
  const at = random.below(layouts.length);
  return { kind: 'import', name, layout: layouts[at]!, digest: images[at]!.manifestDigest };
}

function apply(operation: ChildOperation, tags: Map<string, Digest>): void {
  if (operation.kind === 'import' || operation.kind === 'tag') tags.set(operation.name, operation.digest);
  if (operation.kind === 'remove') tags.delete(operation.name);
}

async function killedRun(
  directory: string,
  operations: readonly ChildOperation[],
  afterMs: number,
): Promise<readonly string[]> {
  const child = startStoreChild({ directory, operations, retries: 0 });
  await child.ready;
  const timer = setTimeout(() => child.process.kill('SIGKILL'), afterMs);
  const { lines, failure } = await child.ended;
  clearTimeout(timer);
  assert.equal(failure, undefined);
  return lines;
}

/** Brings `expected` to what the child said, and to what is there of the operation it was at; says which that was. */
function follow(
  lines: readonly string[],
  operations: readonly ChildOperation[],
  expected: Map<string, Digest>,
  actual: ReadonlyMap<string, Digest>,
): string {
  const [word, number] = lines.at(-1)?.split(' ') ?? [];
  const finished = word === 'ready' || number === undefined ? 0 : Number(number) + (word === 'done' ? 1 : 0);
  for (const operation of operations.slice(0, finished)) apply(operation, expected);
  const cut = word === 'begin' ? operations[finished] : undefined;
  if (cut === undefined) return 'between operations';
  const after = new Map(expected);
  apply(cut, after);
  const name = 'name' in cut ? cut.name : '';
  const isDone = actual.get(name) === after.get(name) && expected.get(name) !== after.get(name);
  if (isDone) apply(cut, expected);
  return `${cut.kind}${cut.kind === 'gc' ? '' : isDone ? ' (done)' : ' (not done)'}`;
}

async function requireSound(
  directory: string,
  expected: ReadonlyMap<string, Digest>,
  where: string,
): Promise<void> {
  const named = new Map([...(await tagsOf(directory))].filter(([name]) => name !== ''));
  assert.deepEqual(sorted(named), sorted(expected), where);
  const store = await openDiskStore(directory);
  assert.deepEqual(await verifyStore(store), [], where);
  await collectGarbage(store, { isDryRun: false, graceMs: -1 });
  assert.deepEqual(await verifyStore(store), [], `${where}, after gc`);
}

function sorted(tags: ReadonlyMap<string, Digest>): readonly (readonly [string, Digest])[] {
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
}
