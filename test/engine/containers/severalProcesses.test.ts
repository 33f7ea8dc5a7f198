import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { lessonImage } from '../../support/containerFixture.ts';
import { storeWith } from '../../support/storeFixture.ts';

const count = isFullRun ? 100 : 5;
const script = fileURLToPath(new URL('../../support/containerWriter.ts', import.meta.url));
const flags = ['--experimental-strip-types', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
const run = promisify(execFile);

describe('A container that several processes use at once', function () {
  this.timeout(isFullRun ? 600_000 : 120_000);

  it('loses nothing of what they write, shows all to each, and tells those who watch', async () => {
    const storeDirectory = (await storeWith(lessonImage)).places.directory;
    const engine = createEngine({ log: silentLogger, storeDirectory });
    const { id } = await engine.containers.create({ manifest: lessonImage.manifestDigest });
    const files = await engine.containers.open(id);
    await files.writeFile('/turns' as LayerPath, Buffer.alloc(0));
    const told = new Set<string>();
    const containers = new Set<string | undefined>();
    files.onDidChange((news) => {
      for (const { kind, path } of news) told.add(`${kind} ${path}`);
    });
    engine.containers.onDidChange((changed) => containers.add(changed));
    const watches = [files.watch(), engine.containers.watch()];

    const writer = (me: string, other: string, turn: number): Promise<{ readonly stdout: string }> =>
      run(process.execPath, [...flags, script, storeDirectory, id, me, other, String(count), String(turn)]);
    const outputs = await Promise.all([writer('a', 'b', 0), writer('b', 'a', 1)]);

    const names = ['a', 'b'].flatMap((me) => Array.from({ length: count }, (_, at) => `${me} ${at}`));
    const expected = [...names, 'ab'.repeat(count)].sort();
    for (const { stdout } of outputs) assert.deepEqual((JSON.parse(stdout) as string[]).sort(), expected);
    await files.refresh();
    for (const name of names) assert.ok(told.has(`created /${name.replace(' ', '-')}`), name);
    assert.ok(told.has('changed /turns'));
    const third = createEngine({ log: silentLogger, storeDirectory });
    await third.containers.rename(id, 'renamed');
    const { id: second } = await third.containers.create({ manifest: lessonImage.manifestDigest });
    await until(() => containers.has(id) && containers.has(undefined));
    await third.containers.remove(second);
    await third[Symbol.asyncDispose]();
    assert.equal((await engine.containers.find('renamed')).id, id);
    for (const watch of watches) watch.dispose();
    await engine[Symbol.asyncDispose]();
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo();) {
    assert.ok(Date.now() < end, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
