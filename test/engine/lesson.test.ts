import assert from 'node:assert/strict';
import path from 'node:path';
import { silentLogger } from '../../src/engine/base/log.ts';
import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import type { StoreContainerFiles } from '../../src/engine/containers/storeContainers.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engineContract.ts';
import type { Digest } from '../../src/engine/oci/digest.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import { buildImage } from '../support/buildImage.ts';
import { lessonImage } from '../support/containerFixture.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeOciLayout } from '../support/writeOciLayout.ts';

const page = '/html/index.html' as LayerPath;
/** Another image on the lesson's base. */
const otherImage = buildImage([{ 'opt/other': 'other' }], {
  names: ['docker.io/library/other:latest'],
  compression: 'gzip',
});

describe('The lesson of containers, with the whole engine', function () {
  this.timeout(60_000);
  let engine: Engine;

  beforeEach(async () => {
    engine = createEngine({ log: silentLogger, storeDirectory: path.join(tempDir().path, 'store') });
    await using source = await engine.open(writeOciLayout([lessonImage, otherImage], tempDir().path));
    for (const entry of await source.list()) await engine.store.import(source, entry, undefined);
  });

  afterEach(() => engine[Symbol.asyncDispose]());

  it('two containers of an image, one is changed and committed: one layer more, the rest is shared', async () => {
    const [first, second] = [
      await opened(lessonImage.manifestDigest),
      await opened(lessonImage.manifestDigest),
    ];
    await first.change((upper) => {
      upper.chmod(page, 0o640);
    });
    assert.equal(await textAt(first), 'Hello!');
    assert.equal(await first.writeFile(page, Buffer.from('Hello, container!')), undefined);
    assert.equal(await textAt(first), 'Hello, container!');
    assert.equal(await textAt(second), 'Hello!');
    assert.deepEqual(
      (await first.changes()).map(({ kind, path: at, differs }) => [kind, at, ...differs]),
      [
        ['modified', '/html'],
        ['modified', page, 'content', 'mode', 'mtime'],
      ],
    );
    assert.deepEqual(await second.changes(), []);

    const request = { name: 'edited:1', message: 'Greet from the container' };
    const { manifest } = await engine.containers.commit(first.config.id, request);
    const edited = await stored('docker.io/library/edited:1');
    assert.deepEqual(
      edited.layers.slice(0, -1).map(({ chainId }) => chainId),
      first.image.layers.map(({ chainId }) => chainId),
    );
    assert.deepEqual([edited.problems, await engine.verify(edited)], [[], []]);
    const [top] = await engine.history(edited, 'classic');
    assert.equal(top?.comment, 'Greet from the container');
    assert.equal((await engine.rootfs(edited)).lookup(page)?.mode, 0o640);

    const third = await opened(manifest.digest);
    assert.equal(await textAt(third), 'Hello, container!');
    const other = await opened(otherImage.manifestDigest);
    assert.equal(await other.lookup(page), undefined);
    assert.deepEqual(
      (await engine.containers.list()).containers.map(({ id }) => id),
      [first, second, third, other].map(({ config }) => config.id),
    );
  });

  it('a file that is changed twice has three versions, each to be read, the writable layer’s on top', async () => {
    const container = await opened(lessonImage.manifestDigest);
    assert.deepEqual(await container.writeFile(page, Buffer.from('Mine!')), { layer: 1, size: 6 });
    const touches = await container.blame(page);
    assert.deepEqual(
      touches.map(({ layer, change, differs }) => [layer, change, differs.includes('content')]),
      [
        [2, 'modified', true],
        [1, 'modified', true],
        [0, 'added', false],
      ],
    );
    const texts = touches.map(async ({ layer, entry }) =>
      layer === container.image.layers.length
        ? container.readFile(entry!.path, 99)
        : engine.readFile(container.image, entry!, 99),
    );
    assert.deepEqual((await Promise.all(texts)).map(text), ['Mine!', 'Hello!', 'Welcome to nginx!']);
    const found: string[] = [];
    for await (const match of container.find('index', { allLayers: true }))
      found.push(`${match.entry.layer} ${match.isVisible}`);
    assert.deepEqual(found, ['2 true', '1 false', '0 false']);
  });

  it('a container stays whole when its image loses its name', async () => {
    const container = await opened(lessonImage.manifestDigest);
    const before = await engine.containers.image(container.config);
    assert.deepEqual(before.entry.names, lessonImage.names);
    await engine.store.remove(lessonImage.names[0]!);
    await engine.store.collectGarbage({ isDryRun: false });
    const { image, entry } = await engine.containers.image(container.config);
    assert.deepEqual([entry.names, image.problems, image.imageId], [[], [], before.image.imageId]);
    const again = createEngine({ log: silentLogger, storeDirectory: engine.store.directory });
    try {
      const files = await again.containers.open(container.config.id);
      assert.equal(text(await files.readFile(page, 99)), 'Hello!');
      await again.containers.commit(files.config.id, { name: 'again:1' });
      assert.deepEqual(await again.store.verify(), []);
    } finally {
      await again[Symbol.asyncDispose]();
    }
  });

  async function opened(manifest: Digest): Promise<StoreContainerFiles> {
    const config = await engine.containers.create({ manifest });
    return engine.containers.open(config.id);
  }

  async function stored(name: string): Promise<Image> {
    const source = await engine.store.source();
    const entry = (await source.list()).find(({ names }) => names.includes(name));
    return engine.image(source, entry!, entry!.variants[0]!);
  }
});

async function textAt(files: StoreContainerFiles): Promise<string> {
  return text(await files.readFile(page, 1000));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
