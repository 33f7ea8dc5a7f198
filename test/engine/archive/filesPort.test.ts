import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { FilesPort } from '../../../src/engine/archive/filesPort.ts';
import { openFiles } from '../../../src/engine/archive/openFiles.ts';
import { fixture } from '../../support/fixtures.ts';
import { type TarEntrySpec, encodeTar } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';

describe('openFiles', () => {
  const ways: readonly (readonly [name: string, put: (tar: Buffer) => string])[] = [
    ['a tar', (tar) => write('image.tar', tar)],
    ['a tar compressed with gzip', (tar) => write('image.tgz', gzipSync(tar))],
    ['a tar compressed with zstd', (tar) => write('image.any', zstdCompressSync(tar))],
  ];
  for (const [name, put] of ways)
    it(`serves the files of ${name} by clean names, the last of a name`, async () => {
      await using port = await open(
        put(
          encodeTar([
            { name: './manifest.json', content: 'first' },
            { name: 'blobs/', type: 'dir' },
            { name: 'blobs//sha256/../sha256/abc', content: 'blob' },
            { name: 'manifest.json', content: 'second' },
            { name: 'device', type: 'char', dev: [1, 3] },
            { name: 'f\u{f7ff}', content: 'not UTF-8' },
          ]),
        ),
      );
      assert.deepEqual(await contentsOf(port), {
        'manifest.json': 'second',
        'blobs/sha256/abc': 'blob',
        'f\u{f7ff}': 'not UTF-8',
      });
      assert.equal((await port.read('./blobs/sha256/abc', 10))?.toString(), 'blob');
      assert.equal(await port.stat('blobs'), undefined);
      assert.equal(await port.locate('none'), undefined);
      assert.deepEqual(port.problems, []);
      await assert.rejects(port.read('manifest.json', 5), (error) => isEngineError(error, 'too-large'));
    });

  it('follows links inside the archive, before and behind their targets', async () => {
    await using port = await open(
      write(
        'links.tar',
        encodeTar([
          { name: 'a/layer.tar', type: 'symlink', link: '../b/layer.tar' },
          { name: 'b/layer.tar', content: 'layer' },
          { name: 'c/layer.tar', type: 'hardlink', link: './b/layer.tar' },
          { name: 'd', type: 'symlink', link: '/a' },
          { name: 'loop1', type: 'symlink', link: 'loop2' },
          { name: 'loop2', type: 'symlink', link: 'loop1' },
          { name: 'broken', type: 'symlink', link: 'nowhere' },
        ]),
      ),
    );
    for (const name of ['a/layer.tar', 'b/layer.tar', 'c/layer.tar', 'd/layer.tar'])
      assert.equal((await port.read(name, 10))?.toString(), 'layer', name);
    for (const name of ['loop1', 'broken', '../b/layer.tar'])
      assert.equal(await port.stat(name), undefined, name);
    assert.deepEqual(port.problems, []);
  });

  it('reports what would lead out of the archive, and serves none of it', async () => {
    await using port = await open(
      write(
        'escape.tar',
        encodeTar([
          { name: '../outside', content: 'x' },
          { name: 'link', type: 'symlink', link: '../../etc/passwd' },
          { name: 'hard', type: 'hardlink', link: '../etc/passwd' },
          { name: 'absolute', type: 'symlink', link: '/etc/passwd' },
          { name: '/rooted', content: 'y' },
        ]),
      ),
    );
    assert.deepEqual(
      port.problems.map(({ code, subject }) => [code, subject]),
      ['../outside', 'link', 'hard', '/rooted'].map((subject) => ['archive-entry-escapes', subject]),
    );
    assert.deepEqual(await contentsOf(port), { rooted: 'y' });
  });

  it('keeps what is complete in an archive that is cut short, plain or compressed', async () => {
    const entries: TarEntrySpec[] = [
      { name: 'whole', content: 'w'.repeat(1000) },
      { name: 'cut', content: 'c'.repeat(5000) },
    ];
    const tar = encodeTar(entries);
    const noisy = encodeTar([
      { name: 'whole', content: readFileSync(process.execPath).subarray(0, 400_000) },
      ...entries,
    ]);
    const packed = gzipSync(noisy);
    for (const file of [write('cut.tar', tar.subarray(0, 4000)), write('cut.tgz', packed.subarray(0, -20))]) {
      await using port = await open(file);
      assert.ok((await port.stat('whole')) !== undefined);
      assert.ok(port.problems.some(({ code }) => code === 'archive-truncated'));
    }
  });

  it('says what is no archive', async () => {
    for (const [content, code] of [
      [Buffer.alloc(0), 'invalid-archive'],
      [Buffer.from('{"not": "a tar"}'.repeat(100)), 'invalid-archive'],
      [gzipSync('nor is this'.repeat(100)), 'invalid-archive'],
      [Buffer.from('BZh91AY&SY and more'), 'unsupported'],
    ] as const)
      await assert.rejects(open(write('no', content)), (error) => isEngineError(error, code), code);
    await assert.rejects(open(directory.file('absent')), (error) => isEngineError(error, 'not-found'));
  });

  it('removes what it unpacked: on close, on failure and on cancel', async () => {
    const spools = (): readonly string[] => readdirSync(directory.file('spool'));
    const file = write('image.tgz', gzipSync(encodeTar([{ name: 'a', content: 'x'.repeat(3_000_000) }])));
    const port = await open(file);
    assert.equal(spools().length, 1);
    await port[Symbol.asyncDispose]();
    await port[Symbol.asyncDispose]();
    await assert.rejects(open(write('no.tgz', gzipSync('no tar'.repeat(500)))));
    const abort = new AbortController();
    const cancelled = openFiles(file, {
      spoolDirectory: directory.file('spool'),
      signal: abort.signal,
      onProgress: () => {
        abort.abort();
      },
    });
    await assert.rejects(cancelled, (error) => isEngineError(error, 'cancelled'));
    assert.deepEqual(spools(), []);
  });

  it('serves a directory alike, and no link that leads out of it', async () => {
    const root = directory.file('layout');
    mkdirSync(`${root}/blobs/sha256`, { recursive: true });
    writeFileSync(`${root}/index.json`, '{}');
    writeFileSync(`${root}/blobs/sha256/abc`, 'blob');
    writeFileSync(directory.file('secret'), 'secret');
    symlinkSync('blobs/sha256/abc', `${root}/inside`);
    symlinkSync('../secret', `${root}/outside`);
    symlinkSync('nowhere', `${root}/broken`);
    await using port = await open(root);
    assert.equal(port.kind, 'directory');
    assert.deepEqual(await contentsOf(port), {
      'index.json': '{}',
      'blobs/sha256/abc': 'blob',
      inside: 'blob',
    });
    assert.equal(await port.locate('outside'), undefined);
    assert.equal(await port.locate('../secret'), undefined);
    assert.deepEqual(
      port.problems.map(({ code, subject }) => [code, subject]),
      [['archive-entry-escapes', 'outside']],
    );
  });

  it('notices a file that has become shorter', async () => {
    const file = write('shrinks.tar', encodeTar([{ name: 'a', content: 'x'.repeat(3000) }]));
    await using port = await open(file);
    truncateSync(file, 1024);
    await assert.rejects(port.read('a', 5000), (error) => isEngineError(error, 'truncated'));
  });

  it('opens the archives of others', async () => {
    for (const [name, count] of [
      ['dive/test-docker-image.tar', 45],
      ['dive/test-kaniko-image.tar', 16],
      ['fanal/alpine-310.tar.gz', 6],
      ['go-containerregistry/crane/content.tar.zst', 2],
      ['go-containerregistry/tarball/test_link.tar', 13],
    ] as const) {
      await using port = await open(fixture('images', name));
      assert.equal((await port.list()).length, count, name);
    }
  });
});

const directory = tempDir();

function open(file: string): Promise<FilesPort> {
  return openFiles(file, { spoolDirectory: directory.file('spool') });
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(directory.file(name), bytes);
  return directory.file(name);
}

async function contentsOf(port: FilesPort): Promise<Record<string, string | undefined>> {
  const contents: Record<string, string | undefined> = {};
  for (const { name, size } of await port.list()) contents[name] = (await port.read(name, size))?.toString();
  return contents;
}
