import assert from 'node:assert/strict';
import path from 'node:path';
import { silentLogger } from '../../src/engine/base/log.ts';
import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engineContract.ts';
import type { Container } from '../../src/engine/snapshots/container.ts';
import { openSnapshotter } from '../../src/engine/snapshots/openSnapshotter.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import { lessonImage, textAt } from '../support/containerFixture.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeOciLayout } from '../support/writeOciLayout.ts';

const page = '/html/index.html' as LayerPath;

describe('The lesson of containers, with the whole engine', () => {
  let engine: Engine;

  beforeEach(async () => {
    engine = createEngine({ log: silentLogger, storeDirectory: path.join(tempDir().path, 'store') });
    await using source = await engine.open(writeOciLayout([lessonImage], tempDir().path));
    const [entry] = await source.list();
    await engine.store.import(source, entry!, undefined);
  });

  afterEach(() => engine[Symbol.asyncDispose]());

  it('two containers of an image, one is changed and committed: one layer more, the rest is shared', async () => {
    const snapshotter = await openSnapshotter(engine.store.directory);
    const image = await stored('docker.io/library/hello-nginx:latest');
    const open = async (): Promise<Container> => {
      const config = await snapshotter.create({ manifest: lessonImage.manifestDigest });
      return snapshotter.open(config, await engine.containerBase(image));
    };
    const [first, second] = [await open(), await open()];
    await first.change((upper) => {
      upper.chmod(page, 0o640);
    });
    assert.equal(await textAt(first, page), 'Hello!');
    await first.writeFile(page, Buffer.from('Hello, container!'));
    assert.equal(await textAt(second, page), 'Hello!');
    assert.deepEqual(
      first.diff().map(({ kind, path: at }) => `${kind} ${at}`),
      ['modified /html', 'modified /html/index.html'],
    );
    await snapshotter.commit(first, { name: 'edited:1', message: 'Greet from the container' });

    const edited = await stored('docker.io/library/edited:1');
    assert.deepEqual(
      edited.layers.slice(0, -1).map(({ chainId }) => chainId),
      image.layers.map(({ chainId }) => chainId),
    );
    assert.deepEqual([edited.problems, await engine.verify(edited)], [[], []]);
    const [top] = await engine.history(edited, 'classic');
    assert.equal(top?.comment, 'Greet from the container');
    const touches = await engine.blame(edited, page);
    const texts = touches.map(async ({ entry }) => Buffer.from(await engine.readFile(edited, entry!, 99)));
    assert.deepEqual((await Promise.all(texts)).map(String), [
      'Hello, container!',
      'Hello!',
      'Welcome to nginx!',
    ]);
    assert.equal((await engine.rootfs(edited)).lookup(page)?.mode, 0o640);
  });

  async function stored(name: string): Promise<Image> {
    const source = await engine.store.source();
    const entry = (await source.list()).find(({ names }) => names.includes(name));
    return engine.image(source, entry!, entry!.variants[0]!);
  }
});
