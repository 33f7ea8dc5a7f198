import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { Container } from '../../../src/engine/snapshots/container.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import { diskStoreAt } from '../../../src/engine/store/diskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { baseOf, lessonImage, textAt } from '../../support/containerFixture.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';
import { storeWith, tagsOf } from '../../support/storeFixture.ts';

const rounds = isFullRun ? 200 : 4;
const script = fileURLToPath(new URL('../../support/containerChild.ts', import.meta.url));
const flags = ['--experimental-strip-types', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];

describe(`A container whose process is killed at random moments, ${rounds} rounds`, function () {
  this.timeout(isFullRun ? 1_800_000 : 120_000);

  it('has all that was acknowledged, and nothing by half', async () => {
    const random = new Random(20_261_125);
    const { places } = await storeWith(lessonImage);
    const { directory } = places;
    const config = await new Snapshotter(diskStoreAt(directory)).create({
      manifest: lessonImage.manifestDigest,
    });
    let acknowledged = -1;
    for (let round = 0; round < rounds; round++) {
      acknowledged = await killedRun(directory, config.id, acknowledged, random.below(300));
      const store = diskStoreAt(directory);
      const container = await Container.open(store, config, baseOf(lessonImage));
      const written = numberIn(await textAt(container, '/html/index.html'));
      const where = `round ${round}: ${acknowledged} acknowledged, ${written} written`;
      assert.ok(written === acknowledged || written === acknowledged + 1, where);
      const isMoved = container.view.lookup('/moved' as LayerPath) !== undefined;
      assert.equal(await textAt(container, isMoved ? '/moved/nginx.conf' : '/etc/nginx.conf'), 'listen 80;');
      assert.equal(container.view.lookup((isMoved ? '/etc' : '/moved') as LayerPath), undefined, where);
      assert.deepEqual(await verifyStore(store), [], where);
      const names = await tagsOf(directory);
      for (let number = 4; number <= acknowledged; number += 5)
        assert.ok(names.has(`docker.io/library/commit:${number}`), `${where}: commit ${number}`);
      acknowledged = await finished(new Snapshotter(store), container, written, isMoved, acknowledged);
    }
    assert.ok(acknowledged > rounds, `only ${acknowledged} steps were made`);
  });
});

/** Runs a process until some time after its first step, and gives the last number that it said. */
async function killedRun(directory: string, id: string, before: number, laterMs: number): Promise<number> {
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
  return Number(output.trim().split('\n').at(-1));
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
  if (written % 5 === 4) await snapshotter.commit(container, { name: `commit:${written}` });
  return written;
}

/** The number that all of a file's 100 000 bytes say. */
function numberIn(text = ''): number {
  assert.equal(text.length, 100_000);
  assert.match(text, /^\d+\.+$/);
  return parseInt(text, 10);
}
