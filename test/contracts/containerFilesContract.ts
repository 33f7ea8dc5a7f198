import assert from 'node:assert/strict';
import { type FailureCode, isEngineError } from '../../src/engine/base/errors.ts';
import { byteName, fromText, joinPath, type LayerPath, rootPath } from '../../src/engine/base/layerPath.ts';
import type { ContainerFile, ContainerFiles, FileNews } from '../../src/engine/containers/containerFiles.ts';
import type { LayerLiteral } from '../support/buildImage.ts';

const large = Buffer.alloc(300_000, 'The quick brown fox jumps over the lazy dog. ');

/** The layers that an image under test ends with, lowest first; below them anything but `/srv` may be. */
export const contractLayers: readonly LayerLiteral[] = [
  {
    'srv/': { type: 'dir', mode: 0o755 },
    'srv/index.html': { content: 'Welcome!', mode: 0o644, mtime: 1_600_000_000 },
    'srv/deep/a/b.txt': 'b',
    'srv/deep/a/c.txt': 'c',
    'srv/old.txt': 'old',
    'srv/large.bin': { content: large },
  },
  {
    'srv/index.html': { content: 'Hello!', mode: 0o640, uid: 33, gid: 34, mtime: 1_700_000_000 },
    'srv/link': { type: 'symlink', link: 'index.html' },
    'srv/dangling': { type: 'symlink', link: 'made-by-write' },
    'srv/folder': { type: 'symlink', link: 'deep/a' },
    'srv/loop': { type: 'symlink', link: 'loop' },
    'srv/empty/': { type: 'dir', mode: 0o750, uid: 33, gid: 34 },
  },
];

export interface ContainerFilesUnderTest {
  /** The files of a new container of an image that ends with {@link contractLayers}, asked for twice. */
  readonly open: () => Promise<OpenedContainerFiles>;
  /** What is done where the container's keeper cannot do everything. */
  readonly cannot?: readonly ('remove' | 'rename')[];
  /** What others' changes are told as: the paths, only that something changed, or nothing at all. */
  readonly newsOfOthers?: 'paths' | 'root' | 'none';
  /** Whether {@link CopiedUp} names the layer among those of the image, or is not known at all. */
  readonly copiedUp?: 'known' | 'unknown';
  /** Whether names that begin with `.wh.` are refused, as no layer can hold them. */
  readonly refusesWhiteouts?: boolean;
}

export interface OpenedContainerFiles extends AsyncDisposable {
  readonly files: ContainerFiles;
  /** The same container by another object, as another process has it. */
  readonly others: ContainerFiles;
  /** How many layers of the image lie below {@link contractLayers}. */
  readonly layersBelow: number;
  /** Removes the container behind the files' back. */
  removeContainer(): Promise<void>;
}

/** What the files of a container promise, whoever keeps them. */
export function describeContainerFiles(name: string, made: ContainerFilesUnderTest): void {
  describe(`files of a container: ${name}`, function () {
    this.timeout(60_000);
    let opened: OpenedContainerFiles;
    let files: ContainerFiles;

    beforeEach(async () => {
      opened = await made.open();
      ({ files } = opened);
    });

    afterEach(() => opened[Symbol.asyncDispose]());

    const can = (what: 'remove' | 'rename'): boolean => made.cannot?.includes(what) !== true;
    const text = async (path: string): Promise<string> => textOf(await files.readFile(at(path), 1_000_000));

    it('look at paths themselves, and at where they lead', async () => {
      const page = await files.lookup(at('/srv/index.html'));
      assert.deepEqual(attributesOf(page), ['index.html', 'file', 0o640, 33, 34, 6, '1700000000']);
      const link = await files.lookup(at('/srv/link'));
      assert.deepEqual([link?.type, link?.linkTarget], ['symlink', 'index.html']);
      assert.equal((await files.lookup(at('/srv/folder/b.txt')))?.type, 'file');
      const followed = await files.resolve(at('/srv/link'));
      assert.deepEqual([followed?.path, followed?.size], ['/srv/index.html', 6]);
      assert.equal((await files.resolve(at('/srv/folder')))?.path, '/srv/deep/a');
      assert.equal((await files.lookup(rootPath))?.type, 'dir');
      for (const absent of ['/srv/absent', '/absent/x', '/srv/index.html/x'])
        assert.equal(await files.lookup(at(absent)), undefined, absent);
      assert.equal(await files.resolve(at('/srv/dangling')), undefined);
      await assert.rejects(files.resolve(at('/srv/loop')), failsWith('symlink-loop'));
    });

    it('list folders, sorted by bytes, through links too', async () => {
      assert.deepEqual(namesOf(await files.list(at('/srv'))), [
        ...['dangling', 'deep', 'empty', 'folder', 'index.html', 'large.bin', 'link', 'loop', 'old.txt'],
      ]);
      const inside = await files.list(at('/srv/folder'));
      assert.deepEqual(
        inside.map(({ path }) => path),
        ['/srv/deep/a/b.txt', '/srv/deep/a/c.txt'],
      );
      assert.deepEqual(await files.list(at('/srv/empty')), []);
      assert.ok(namesOf(await files.list(rootPath)).includes('srv'));
      await assert.rejects(files.list(at('/srv/absent')), failsWith('not-found'));
      await assert.rejects(files.list(at('/srv/index.html')), failsWith('not-a-directory'));
    });

    it('read files, whole and in part', async () => {
      assert.equal(await text('/srv/link'), 'Hello!');
      assert.deepEqual(Buffer.from(await files.readFile(at('/srv/large.bin'), 300_000)), large);
      for (const [start, end] of [
        [0, 0],
        [0, 5],
        [100_001, 250_003],
        [299_999, 300_000],
        [299_990, 400_000],
      ] as const)
        assert.deepEqual(
          await bytesOf(files.read(at('/srv/large.bin'), { start, end })),
          large.subarray(start, end),
          `${start}–${end}`,
        );
      await assert.rejects(files.readFile(at('/srv/large.bin'), 299_999), failsWith('too-large'));
      await assert.rejects(files.readFile(at('/srv/absent'), 10), failsWith('not-found'));
      await assert.rejects(files.readFile(at('/srv/deep'), 10), failsWith('not-a-file'));
      await assert.rejects(files.readFile(at('/srv/loop'), 10), failsWith('symlink-loop'));
    });

    it('write files of the image: mode and owner stay, and the first time it says what was copied up', async () => {
      const first = await files.writeFile(at('/srv/index.html'), Buffer.from('changed'));
      if (made.copiedUp !== 'unknown') assert.deepEqual(first, { layer: opened.layersBelow + 1, size: 6 });
      assert.equal(await files.writeFile(at('/srv/index.html'), Buffer.from('changed again')), undefined);
      assert.equal(await text('/srv/index.html'), 'changed again');
      const [, type, mode, uid, gid, size] = attributesOf(await files.lookup(at('/srv/index.html')));
      assert.deepEqual([type, mode, uid, gid, size], ['file', 0o640, 33, 34, 13]);
      assert.equal(await files.writeFile(at('/srv/new.txt'), Buffer.from('new')), undefined);
      assert.equal(await text('/srv/new.txt'), 'new');
    });

    it('give files other permissions and owners, through links too, and keep their bytes', async () => {
      await files.setMode(at('/srv/link'), 0o700);
      await files.setOwner(at('/srv/index.html'), 1000, 1001);
      const [, type, mode, uid, gid, size] = attributesOf(await files.lookup(at('/srv/index.html')));
      assert.deepEqual([type, mode, uid, gid, size], ['file', 0o700, 1000, 1001, 6]);
      assert.equal(await text('/srv/index.html'), 'Hello!');
      assert.equal((await files.lookup(at('/srv/link')))?.type, 'symlink');
      await assert.rejects(files.setMode(at('/srv/absent'), 0o700), failsWith('not-found'));
    });

    it('write as bytes come, and nothing at all', async () => {
      const pieces = [
        large.subarray(0, 7),
        large.subarray(7, 100_000),
        Buffer.alloc(0),
        large.subarray(100_000),
      ];
      await files.writeFile(at('/srv/streamed'), streamOf(pieces));
      assert.deepEqual(Buffer.from(await files.readFile(at('/srv/streamed'), 300_000)), large);
      await files.writeFile(at('/srv/large.bin'), Buffer.alloc(0));
      assert.equal((await files.lookup(at('/srv/large.bin')))?.size, 0);
      assert.equal(await text('/srv/large.bin'), '');
    });

    it('write through links, also to what is not there yet', async () => {
      await files.writeFile(at('/srv/link'), Buffer.from('by the link'));
      assert.equal(await text('/srv/index.html'), 'by the link');
      assert.equal((await files.lookup(at('/srv/link')))?.type, 'symlink');
      await files.writeFile(at('/srv/dangling'), Buffer.from('made'));
      assert.equal(await text('/srv/made-by-write'), 'made');
      await files.writeFile(at('/srv/folder/new.txt'), Buffer.from('deep'));
      assert.equal(await text('/srv/deep/a/new.txt'), 'deep');
    });

    it('write nothing where nothing can be', async () => {
      const bytes = Buffer.from('x');
      await assert.rejects(files.writeFile(at('/srv/absent/x'), bytes), failsWith('not-found'));
      await assert.rejects(files.writeFile(at('/srv/deep'), bytes), failsWith('not-a-file'));
      await assert.rejects(
        files.writeFile(at('/srv/index.html/x'), bytes),
        failsWith('not-a-directory', 'not-found'),
      );
      await assert.rejects(files.writeFile(at('/srv/loop'), bytes), failsWith('symlink-loop'));
      if (made.refusesWhiteouts === true)
        await assert.rejects(files.writeFile(at('/srv/.wh.x'), bytes), failsWith('invalid-path'));
      assert.deepEqual(await files.changes(), []);
    });

    it('keep what was there when bytes stop coming', async () => {
      const broken = (async function* () {
        yield await Promise.resolve(Buffer.from('half'));
        throw new Error('the bytes end here');
      })();
      await assert.rejects(files.writeFile(at('/srv/index.html'), broken));
      assert.equal(await text('/srv/index.html'), 'Hello!');
      const signal = AbortSignal.abort();
      await assert.rejects(
        files.writeFile(at('/srv/index.html'), Buffer.from('x'), { signal }),
        failsWith('cancelled'),
      );
      assert.equal(await text('/srv/index.html'), 'Hello!');
    });

    it('make folders', async () => {
      await files.mkdir(at('/srv/made'));
      const [, type, mode, uid, gid] = attributesOf(await files.lookup(at('/srv/made')));
      assert.deepEqual([type, mode, uid, gid], ['dir', 0o755, 0, 0]);
      await files.writeFile(at('/srv/made/x'), Buffer.from('x'));
      assert.equal(await text('/srv/made/x'), 'x');
      for (const path of ['/srv/made', '/srv/index.html', '/srv/link', '/srv/dangling'])
        await assert.rejects(files.mkdir(at(path)), failsWith('already-exists'), path);
      await assert.rejects(files.mkdir(at('/srv/absent/x')), failsWith('not-found'));
    });

    it('keep names of any bytes', async () => {
      const names = [
        '\xff\xfe',
        'a\nb',
        ' ',
        '-rf',
        '__proto__',
        '\u{1f433} 한국어',
        "'$HOME'\"",
        'x'.repeat(200),
      ];
      for (const [number, name] of names.entries())
        await files.writeFile(inSrv(name), Buffer.from(`number ${number}`));
      for (const [number, name] of names.entries())
        assert.equal(textOf(await files.readFile(inSrv(name), 99)), `number ${number}`, JSON.stringify(name));
      const listed = namesOf(await files.list(at('/srv')));
      for (const name of names) assert.ok(listed.includes(inSrv(name).slice(5)), JSON.stringify(name));
      assert.deepEqual(listed, [...listed].sort());
    });

    if (can('remove'))
      it('remove files, folders with all that is in them, and links alone', async () => {
        for (const path of ['/srv/old.txt', '/srv/deep', '/srv/link']) await files.remove(at(path));
        for (const path of ['/srv/old.txt', '/srv/deep', '/srv/deep/a/b.txt', '/srv/link'])
          assert.equal(await files.lookup(at(path)), undefined, path);
        assert.equal(await text('/srv/index.html'), 'Hello!');
        await assert.rejects(files.remove(at('/srv/old.txt')), failsWith('not-found'));
        await files.mkdir(at('/srv/deep'));
        assert.deepEqual(await files.list(at('/srv/deep')), []);
      });
    else
      it('say that they cannot remove', async () => {
        await assert.rejects(files.remove(at('/srv/old.txt')), failsWith('unsupported'));
        assert.equal(await text('/srv/old.txt'), 'old');
      });

    if (can('rename')) describeRename(() => files, text);
    else
      it('say that they cannot rename', async () => {
        await assert.rejects(files.rename(at('/srv/old.txt'), at('/srv/x')), failsWith('unsupported'));
        assert.equal(await text('/srv/old.txt'), 'old');
      });

    it('tell what differs from the image', async () => {
      assert.deepEqual(await files.changes(), []);
      await files.writeFile(at('/srv/index.html'), Buffer.from('changed'));
      await files.mkdir(at('/srv/made'));
      await files.writeFile(at('/srv/made/x'), Buffer.from('x'));
      if (can('remove')) await files.remove(at('/srv/deep/a/b.txt'));
      const changes = await files.changes();
      const removed = can('remove')
        ? ['modified /srv/deep', 'modified /srv/deep/a', 'removed /srv/deep/a/b.txt']
        : [];
      assert.deepEqual(
        changes.map(({ kind, path }) => `${kind} ${path}`),
        ['modified /srv', ...removed, 'modified /srv/index.html', 'added /srv/made', 'added /srv/made/x'],
      );
      const page = changes.find(({ path }) => path === '/srv/index.html');
      assert.ok(page?.differs.includes('content') === true);
      assert.deepEqual([page.before?.size, page.after?.size, page.after?.mode], [6, 7, 0o640]);
      assert.deepEqual(changes[0]?.differs, []);
    });

    it('tell at once what was changed by them', async () => {
      const told: FileNews[] = [];
      const subscription = files.onDidChange((news) => told.push(...news));
      await files.writeFile(at('/srv/index.html'), Buffer.from('1'));
      await files.writeFile(at('/srv/new.txt'), Buffer.from('2'));
      await files.mkdir(at('/srv/made'));
      if (can('rename')) await files.rename(at('/srv/made'), at('/srv/moved'));
      if (can('remove')) await files.remove(at('/srv/deep'));
      subscription.dispose();
      await files.writeFile(at('/srv/unheard'), Buffer.from('3'));
      const expected = ['changed /srv/index.html', 'created /srv/new.txt', 'created /srv/made'];
      if (can('rename')) expected.push('deleted /srv/made', 'created /srv/moved');
      if (can('remove')) expected.push('deleted /srv/deep');
      // An engine may tell of the same once more, when it has heard of it from its events.
      const own = told.filter(({ path }) => path !== rootPath);
      assert.deepEqual(
        own.map(({ kind, path }) => `${kind} ${path}`),
        expected,
      );
    });

    it('see what others change, and tell of it while they are watched', async () => {
      const { others } = opened;
      await others.writeFile(at('/srv/index.html'), Buffer.from('theirs'));
      assert.equal(await text('/srv/index.html'), 'theirs');
      if (made.newsOfOthers === 'none') return;
      const told: FileNews[] = [];
      const subscription = files.onDidChange((news) => told.push(...news));
      const watching = files.watch();
      await soon(async () => {
        // A watch may need a moment to begin: what is told is told of one of these.
        await others.writeFile(at('/srv/theirs.txt'), Buffer.from(String(told.length)));
        return told.length > 0;
      });
      const news = told.map(({ path }) => path);
      assert.ok(news.includes(made.newsOfOthers === 'root' ? rootPath : at('/srv/theirs.txt')), String(news));
      watching.dispose();
      watching.dispose();
      subscription.dispose();
    });

    it('say that the container is gone', async () => {
      const watching = files.watch();
      await opened.removeContainer();
      await assert.rejects(files.lookup(at('/srv/index.html')), failsWith('not-found'));
      await assert.rejects(files.list(at('/srv')), failsWith('not-found'));
      await assert.rejects(files.readFile(at('/srv/index.html'), 99), failsWith('not-found'));
      await assert.rejects(files.writeFile(at('/srv/x'), Buffer.from('x')), failsWith('not-found'));
      await assert.rejects(files.mkdir(at('/srv/y')), failsWith('not-found'));
      await assert.rejects(files.changes(), failsWith('not-found'));
      watching.dispose();
    });

    it('stop when they are told so', async () => {
      const signal = AbortSignal.abort();
      await assert.rejects(files.list(at('/srv'), { signal }), failsWith('cancelled'));
      await assert.rejects(
        bytesOf(files.read(at('/srv/large.bin'), undefined, { signal })),
        failsWith('cancelled'),
      );
      await assert.rejects(files.mkdir(at('/srv/x'), { signal }), failsWith('cancelled'));
      await assert.rejects(files.changes({ signal }), failsWith('cancelled'));
      assert.equal(await files.lookup(at('/srv/x')), undefined);
    });
  });
}

function describeRename(files: () => ContainerFiles, text: (path: string) => Promise<string>): void {
  it('rename files and folders with all that is in them', async () => {
    await files().rename(at('/srv/index.html'), at('/srv/page.html'));
    assert.equal(await files().lookup(at('/srv/index.html')), undefined);
    const [, type, mode, uid, gid, size, mtime] = attributesOf(await files().lookup(at('/srv/page.html')));
    assert.deepEqual([type, mode, uid, gid, size, mtime], ['file', 0o640, 33, 34, 6, '1700000000']);
    await files().rename(at('/srv/deep'), at('/srv/moved'));
    assert.deepEqual(namesOf(await files().list(at('/srv/moved/a'))), ['b.txt', 'c.txt']);
    assert.equal(await text('/srv/moved/a/b.txt'), 'b');
    assert.equal(await files().lookup(at('/srv/deep')), undefined);
    await files().rename(at('/srv/link'), at('/srv/renamed'));
    assert.equal((await files().lookup(at('/srv/renamed')))?.linkTarget, 'index.html');
  });

  it('rename over what is there only when it is to be replaced', async () => {
    const rename = (path: string, to: string, replaces?: boolean): Promise<void> =>
      files().rename(at(path), at(to), replaces === undefined ? {} : { replaces });
    for (const to of ['/srv/index.html', '/srv/deep', '/srv/link'])
      await assert.rejects(rename('/srv/old.txt', to), failsWith('already-exists'), to);
    assert.equal(await text('/srv/old.txt'), 'old');
    await rename('/srv/old.txt', '/srv/index.html', true);
    assert.equal(await text('/srv/index.html'), 'old');
    await rename('/srv/index.html', '/srv/deep', true);
    assert.equal(await text('/srv/deep'), 'old');
    await files().mkdir(at('/srv/full'));
    await files().writeFile(at('/srv/full/x'), Buffer.from('x'));
    await rename('/srv/empty', '/srv/full', true);
    assert.deepEqual(await files().list(at('/srv/full')), []);
    await rename('/srv/full', '/srv/deep', true);
    assert.equal((await files().lookup(at('/srv/deep')))?.type, 'dir');
  });

  it('rename nothing that is not there, and nothing into itself', async () => {
    await assert.rejects(files().rename(at('/srv/absent'), at('/srv/x')), failsWith('not-found'));
    await assert.rejects(files().rename(at('/srv/old.txt'), at('/srv/absent/x')), failsWith('not-found'));
    await assert.rejects(files().rename(at('/srv/deep'), at('/srv/deep/a/x')), failsWith('invalid-path'));
    const replaces = { replaces: true };
    await assert.rejects(
      files().rename(at('/srv/deep/a'), at('/srv/deep'), replaces),
      failsWith('invalid-path'),
    );
    assert.equal(await text('/srv/deep/a/b.txt'), 'b');
  });
}

function at(path: string): LayerPath {
  return path as LayerPath;
}

/** A name of bytes as they are below 256, and of text beyond. */
function inSrv(name: string): LayerPath {
  const isText = /[\u0100-\uffff]/.test(name);
  return joinPath(at('/srv'), isText ? fromText(name) : byteName(name));
}

function namesOf(files: readonly ContainerFile[]): readonly string[] {
  return files.map(({ name }) => name);
}

function attributesOf(file: ContainerFile | undefined): readonly unknown[] {
  return [file?.name, file?.type, file?.mode, file?.uid, file?.gid, file?.size, file?.mtime];
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/** Tries again until it is so, for ten seconds. */
async function soon(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await isSo());) {
    assert.ok(Date.now() < end, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function failsWith(...codes: readonly FailureCode[]): (error: unknown) => boolean {
  return (error) =>
    codes.some((code) => isEngineError(error, code)) ||
    assert.fail(`not ${codes.join(' or ')}: ${String(error)}`);
}
