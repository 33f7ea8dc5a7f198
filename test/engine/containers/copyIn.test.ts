import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { EngineError, isEngineError } from '../../../src/engine/base/errors.ts';
import { parseLayerPath, rootPath } from '../../../src/engine/base/layerPath.ts';
import { copyIn, type CopyInRequest } from '../../../src/engine/containers/copyIn.ts';
import type { IncomingFile } from '../../../src/engine/containers/incomingFile.ts';
import { tarFiles } from '../../../src/engine/containers/tarFiles.ts';
import type { Container } from '../../../src/engine/snapshots/container.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { baseOf, lessonImage, textAt } from '../../support/containerFixture.ts';
import { storeWith } from '../../support/storeFixture.ts';
import { encodeTar, type TarEntrySpec } from '../../support/tarBytes.ts';

describe('copyIn', function () {
  this.timeout(20_000);
  let store: DiskStore;
  let container: Container;

  beforeEach(async () => {
    store = await storeWith(lessonImage);
    const snapshotter = new Snapshotter(store);
    const config = await snapshotter.create({ manifest: lessonImage.manifestDigest });
    container = await snapshotter.open(config, baseOf(lessonImage));
  });

  const copy = (files: AsyncIterable<IncomingFile>, to = '/', owner: CopyInRequest['owner'] = 'kept') =>
    copyIn({
      target: {
        write: (source, options) => container.write(source, options?.signal),
        discard: (content) => container.discard(content),
        change: (work) => container.change(work),
      },
      directory: parseLayerPath(to),
      files,
      owner,
    });

  const tar = (entries: readonly TarEntrySpec[]): AsyncIterable<IncomingFile> =>
    tarFiles(
      (async function* () {
        await Promise.resolve();
        yield encodeTar(entries);
      })(),
      'tar',
    );

  const lines = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const { kind, path } of await container.diff()) found.push(`${kind} ${path}`);
    return found;
  };

  it('gathers small files into one, and gives large ones their own', async () => {
    const small = Array.from({ length: 50 }, (_, at) => ({ name: `s/${at}`, content: `small ${at}` }));
    await copy(
      tar([...small, { name: 'large', content: Buffer.alloc(2 << 20, 'x') }, { name: 't', content: 't' }]),
    );
    assert.equal(readdirSync(contents()).length, 3);
    assert.equal(await textAt(container, '/s/17'), 'small 17');
    assert.equal((await textAt(container, '/large'))?.length, 2 << 20);
    assert.equal(await textAt(container, '/t'), 't');
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });

  it('puts sparse files together', async () => {
    const map = [
      [2, 3],
      [8, 1],
    ] as const;
    await copy(
      (async function* () {
        await Promise.resolve();
        yield {
          ...{ name: 'sparse', type: 'file', mode: 0o644, uid: 0, gid: 0, size: 4, mtime: '1' },
          sparse: { map, size: 10 },
          content: (async function* () {
            await Promise.resolve();
            yield Buffer.from('abcd');
          })(),
        };
      })(),
    );
    assert.equal(await textAt(container, '/sparse'), '\0\0abc\0\0\0d\0');
  });

  it('lets the last entry of a name count, and follows links of the container inside it only', async () => {
    await copy(
      tar([
        { name: 'twice', content: 'first' },
        { name: 'twice', content: 'second' },
        { name: 'out', type: 'symlink', link: '/html' },
        { name: 'out/new', content: 'new' },
      ]),
    );
    assert.equal(await textAt(container, '/twice'), 'second');
    assert.equal(await textAt(container, '/html/new'), 'new');
  });

  it('links names of one file, also over what is there', async () => {
    await copy(
      tar([
        { name: 'html/a', content: 'same' },
        { name: 'html/index.html', type: 'hardlink', link: 'html/a' },
      ]),
    );
    const inode = (path: string): unknown => {
      const origin = container.view.lookup(parseLayerPath(path))?.origin;
      return origin?.in === 'container' ? origin.inode : undefined;
    };
    assert.notEqual(inode('/html/a'), undefined);
    assert.equal(inode('/html/a'), inode('/html/index.html'));
  });

  it('changes nothing, and leaves nothing behind, when anything fails', async () => {
    const failing = async function* (): AsyncGenerator<IncomingFile> {
      yield* tar([{ name: 'first', content: 'x'.repeat(100) }]);
      throw new EngineError('damaged', 'tar', 'it is cut short');
    };
    await assert.rejects(copy(failing()), (error) => isEngineError(error, 'damaged'));
    const meets: readonly (readonly [TarEntrySpec, string])[] = [
      [{ name: 'html', content: 'a file' }, 'already-exists'],
      [{ name: 'html/index.html/', type: 'dir' }, 'already-exists'],
      [{ name: '../x', content: 'x' }, 'invalid-path'],
      [{ name: 'd/.wh.x', content: 'x' }, 'invalid-path'],
    ];
    for (const [entry, code] of meets)
      await assert.rejects(
        copy(tar([{ name: 'ok', content: 'ok' }, entry])),
        (error) => isEngineError(error) && error.code === code,
      );
    await assert.rejects(copy(tar([]), '/nowhere'), (error) => isEngineError(error, 'not-found'));
    await assert.rejects(copy(tar([]), '/html/index.html'), (error) =>
      isEngineError(error, 'not-a-directory'),
    );
    assert.deepEqual(await lines(), []);
    assert.deepEqual(readdirSync(contents()), []);
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });

  it("makes files root's, or whose they were", async () => {
    const entry = { name: 'f', content: 'x', uid: 7, gid: 8 };
    await copy(tar([entry]), '/', 'root');
    assert.equal(container.view.lookup(parseLayerPath('/f'))?.uid, 0);
    await copy(tar([entry]), rootPath);
    const { uid, gid } = container.view.lookup(parseLayerPath('/f')) ?? {};
    assert.deepEqual([uid, gid], [7, 8]);
  });

  function contents(): string {
    return `${store.places.containers}/${container.config.id}/contents`;
  }
});
