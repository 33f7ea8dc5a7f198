import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { parseManifest } from '../../../src/engine/oci/manifest.ts';
import { Container } from '../../../src/engine/snapshots/container.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import { type DiskStore, diskStoreAt } from '../../../src/engine/store/diskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { baseOf, lessonImage, textAt } from '../../support/containerFixture.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';
import { blobFile, storeWith, tagsOf } from '../../support/storeFixture.ts';

const rounds = isFullRun ? 200 : 4;
const script = fileURLToPath(new URL('../../support/containerChild.ts', import.meta.url));
const flags = ['--experimental-strip-types', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];

describe(`A container whose process is killed at random moments, ${rounds} rounds`, function () {
  this.timeout(isFullRun ? 3_600_000 : 180_000);

  it('has all that was acknowledged, and nothing by half; every blob stays what its digest says', async () => {
    const random = new Random(20_261_125);
    const { places } = await storeWith(lessonImage);
    const { directory } = places;
    const snapshotter = new Snapshotter(diskStoreAt(directory));
    const config = await snapshotter.create({ manifest: lessonImage.manifestDigest });
    // So that a commit takes a while.
    const ballast = await snapshotter.open(config, baseOf(lessonImage));
    await ballast.writeFile('/ballast' as LayerPath, random.bytes(2_000_000));
    const tally = new Map<string, number>();
    let acknowledged = -1;
    for (let round = 0; round < rounds; round++) {
      const killed = await killedRun(directory, config.id, acknowledged, random.below(1200));
      acknowledged = killed.acknowledged;
      tally.set(killed.at, (tally.get(killed.at) ?? 0) + 1);
      const store = diskStoreAt(directory);
      const container = await Container.open(store, config, baseOf(lessonImage));
      const written = numberIn(await textAt(container, '/html/index.html'));
      const where = `round ${round}, killed at ${killed.at}: ${acknowledged} acknowledged, ${written} written`;
      assert.ok(written === acknowledged || written === acknowledged + 1, where);
      const isMoved = container.view.lookup('/moved' as LayerPath) !== undefined;
      assert.equal(await textAt(container, isMoved ? '/moved/nginx.conf' : '/etc/nginx.conf'), 'listen 80;');
      assert.equal(container.view.lookup((isMoved ? '/etc' : '/moved') as LayerPath), undefined, where);
      assert.deepEqual(await verifyStore(store), [], where);
      await requireCommits(directory, acknowledged, where);
      acknowledged = await finished(new Snapshotter(store), container, written, isMoved, acknowledged);
      if (round % 10 === 9) await forgetOldCommits(store, acknowledged);
    }
    for (const [at, count] of [...tally].sort()) console.log(`      killed at ${at.padEnd(10)}${count}`);
    assert.ok(acknowledged > rounds, `only ${acknowledged} steps were made`);
  });
});

/** Runs a process until some time after its first step began, and tells what it said last. */
async function killedRun(
  directory: string,
  id: string,
  before: number,
  laterMs: number,
): Promise<{ readonly acknowledged: number; readonly at: string }> {
  const child = spawn(process.execPath, [...flags, script, directory, id, String(before + 1)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  await Promise.race([once(child.stdout, 'data'), closed]);
  await sleep(laterMs);
  assert.equal(child.exitCode, null, 'it ended by itself');
  child.kill('SIGKILL');
  await closed;
  const lines = output.trim().split('\n');
  const done = lines.findLast((line) => line.startsWith('done '));
  return {
    acknowledged: done === undefined ? before : Number(done.slice(5)),
    at: lines.at(-1)?.split(' ')[0] ?? '',
  };
}

/** All commits that were acknowledged are there; the last has in its layer what had been written then. */
async function requireCommits(directory: string, acknowledged: number, where: string): Promise<void> {
  const names = await tagsOf(directory);
  const last = acknowledged % 2 === 1 ? acknowledged : acknowledged - 1;
  for (let number = Math.max(1, last - 2 * keptCommits); number <= last; number += 2)
    assert.ok(names.has(`docker.io/library/commit:${number}`), `${where}: commit ${number}`);
  const digest = names.get(`docker.io/library/commit:${last}`);
  if (digest === undefined) return;
  const manifest = parseManifest(readFileSync(blobFile(directory, digest)), digest);
  assert.ok(manifest.kind === 'manifest');
  const tar = gunzipSync(readFileSync(blobFile(directory, manifest.layers.at(-1)!.digest)));
  assert.ok(tar.includes(String(last).padEnd(100_000, '.')), `${where}: what commit ${last} holds`);
}

/** Commits that are looked for; the rest may go, so that the store does not grow with the rounds. */
const keptCommits = 2;

async function forgetOldCommits(store: DiskStore, acknowledged: number): Promise<void> {
  const prefix = 'docker.io/library/commit:';
  for (const name of (await tagsOf(store.places.directory)).keys())
    if (name.startsWith(prefix) && Number(name.slice(prefix.length)) < acknowledged - 2 * keptCommits - 2)
      await store.refs.removeName(name);
  await collectGarbage(store, { isDryRun: false, graceMs: -1 });
}

/** Does the rest of a step that was begun, so that the next process can go on; gives its number. */
async function finished(
  snapshotter: Snapshotter,
  container: Container,
  written: number,
  isMoved: boolean,
  acknowledged: number,
): Promise<number> {
  if (written === acknowledged) return acknowledged;
  if (isMoved !== (written % 2 === 0))
    await container.change((upper) => {
      upper.rename((isMoved ? '/moved' : '/etc') as LayerPath, (isMoved ? '/etc' : '/moved') as LayerPath);
    });
  if (written % 2 === 1) await snapshotter.commit(container, { name: `commit:${written}` });
  return written;
}

/** The number that all of a file's 100 000 bytes say; below every number before anything was written. */
function numberIn(text = ''): number {
  if (text === 'Hello!') return -1;
  assert.equal(text.length, 100_000);
  assert.match(text, /^\d+\.+$/);
  return parseInt(text, 10);
}
