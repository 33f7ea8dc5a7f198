import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { fromText, joinPath, type LayerPath, parseLayerPath, rootPath } from '../../../src/engine/index.ts';
import { closeOtherEngines, containerUri, createContainer, type OtherHands } from '../support/containers.ts';
import { lessonImage } from '../support/lesson.ts';
import { assertRefused, readText } from '../support/opened.ts';

const { File, Directory, SymbolicLink, Unknown } = vscode.FileType;
const { fs } = vscode.workspace;
const page = '/usr/share/nginx/html/index.html';

describe('files of a container', () => {
  let other: OtherHands;
  const at = (path: string): vscode.Uri => containerUri(other.id, path);
  const write = (path: string, text: string): Thenable<void> => fs.writeFile(at(path), Buffer.from(text));
  beforeEach(async () => {
    other = await createContainer(lessonImage());
  });
  after(closeOtherEngines);

  it('lists a folder with the types of its entries', async () => {
    await write('/etc/own', 'new');
    assert.deepEqual(await fs.readDirectory(at('/etc')), [
      ['dangling', SymbolicLink | Unknown],
      ['hostname', File],
      ['loop', SymbolicLink | Unknown],
      ['nginx', Directory],
      ['os-release', SymbolicLink | File],
      ['own', File],
    ]);
    const root = await fs.readDirectory(at('/'));
    assert.deepEqual(
      root.find(([name]) => name === 'bin'),
      ['bin', SymbolicLink | Directory],
    );
  });

  it('reads files of the image, through links inside the root', async () => {
    assert.equal(await readText(at(page)), '<p>hello</p>\n');
    assert.equal(await readText(at('/etc/os-release')), 'NAME=sample\n');
    assert.deepEqual([...(await fs.readFile(at('/bin/tool')))], [0, 1, 2, 3]);
  });

  it('tells the truth about a file', async () => {
    const { type, size, mtime, permissions } = await fs.stat(at('/etc/hostname'));
    assert.deepEqual(
      { type, size, mtime, permissions },
      { type: File, size: 7, mtime: 1_700_000_000_000, permissions: undefined },
    );
    const link = await fs.stat(at('/etc/os-release'));
    assert.deepEqual([link.type, link.size], [SymbolicLink | File, 12]);
    assert.equal((await fs.stat(at('/etc/dangling'))).type, SymbolicLink | Unknown);
    assert.equal(fs.isWritableFileSystem('lamina-container'), true);
  });

  it('writes a file into the container alone, with its mode and owner', async () => {
    const second = await createContainer(lessonImage());
    await write('/etc/hostname', 'changed\n');
    assert.equal(await readText(at('/etc/hostname')), 'changed\n');
    assert.equal(await readText(containerUri(second.id, '/etc/hostname')), 'sample\n');
    const file = await other.files.lookup(parseLayerPath('/etc/hostname'));
    assert.deepEqual([file?.mode, file?.uid, file?.gid, file?.size], [0o640, 7, 8, 8]);
  });

  it('writes through a link to what it leads to', async () => {
    await write('/etc/os-release', 'NAME=changed\n');
    assert.equal(await readText(at('/usr/lib/os-release')), 'NAME=changed\n');
    assert.equal((await fs.stat(at('/etc/os-release'))).type, SymbolicLink | File);
  });

  it('gives each version of a file a later time, also within one millisecond and after a revert', async () => {
    const times = [(await fs.stat(at(page))).mtime];
    for (let round = 0; round < 20; round++) {
      await other.files.writeFile(parseLayerPath(page), Buffer.from(`<p>round ${round % 10}</p>`));
      times.push((await fs.stat(at(page))).mtime);
    }
    await other.files.revert([parseLayerPath(page)]);
    times.push((await fs.stat(at(page))).mtime);
    for (const [position, time] of times.entries())
      assert.ok(position === 0 || time > (times[position - 1] ?? 0), `version ${position}`);
    assert.equal((await fs.stat(at(page))).mtime, times.at(-1), 'what is as it was keeps its time');
  });

  it('keeps the time where only the mode of a file changes', async () => {
    const before = await fs.stat(at(page));
    await other.files.change((upper) => {
      upper.chmod(parseLayerPath(page), 0o600);
    });
    assert.equal((await fs.stat(at(page))).mtime, before.mtime);
  });

  it('makes folders, files in them, and removes both', async () => {
    await fs.createDirectory(at('/srv/www/img'));
    await write('/srv/www/a.txt', 'a');
    assert.deepEqual(await fs.readDirectory(at('/srv/www')), [
      ['a.txt', File],
      ['img', Directory],
    ]);
    await assertRefused(fs.delete(at('/srv'), { recursive: false }), 'FileExists');
    await fs.delete(at('/srv'), { recursive: true });
    await assertRefused(fs.stat(at('/srv')), 'FileNotFound');
  });

  it('removes files and folders of the image from the container alone', async () => {
    await fs.delete(at('/etc'), { recursive: true });
    await assertRefused(fs.stat(at('/etc')), 'FileNotFound');
    await assertRefused(fs.stat(at('/etc/hostname')), 'FileNotFound');
    await write('/etc/fresh', 'x');
    assert.deepEqual(await fs.readDirectory(at('/etc')), [['fresh', File]]);
  });

  it('renames within the container', async () => {
    await fs.rename(at('/usr/share/nginx'), at('/usr/share/www'));
    assert.equal(await readText(at('/usr/share/www/html/index.html')), '<p>hello</p>\n');
    await assertRefused(fs.rename(at('/etc/hostname'), at('/usr/bin/tool')), 'FileExists');
    await fs.rename(at('/etc/hostname'), at('/usr/bin/tool'), { overwrite: true });
    assert.equal(await readText(at('/usr/bin/tool')), 'sample\n');
    await fs.rename(at('/etc/nginx'), at('/usr/lib'), { overwrite: true });
    assert.deepEqual(await fs.readDirectory(at('/usr/lib')), [['nginx.conf', File]]);
  });

  it('copies within the container with modes, owners and links', async () => {
    await fs.copy(at('/etc'), at('/srv/copy'));
    assert.equal(await readText(at('/srv/copy/hostname')), 'sample\n');
    const file = await other.files.lookup(parseLayerPath('/srv/copy/hostname'));
    assert.deepEqual([file?.mode, file?.uid, file?.gid], [0o640, 7, 8]);
    assert.equal((await fs.stat(at('/srv/copy/loop'))).type, SymbolicLink | Unknown);
    await assertRefused(fs.copy(at('/usr/bin/tool'), at('/etc/hostname')), 'FileExists');
    await fs.copy(at('/usr/bin/tool'), at('/etc/hostname'), { overwrite: true });
    assert.deepEqual([...(await fs.readFile(at('/etc/hostname')))], [0, 1, 2, 3]);
  });

  it('copies and moves to another container', async () => {
    const second = await createContainer(lessonImage());
    await fs.copy(at('/etc'), containerUri(second.id, '/srv/etc'));
    assert.equal(await readText(containerUri(second.id, '/srv/etc/hostname')), 'sample\n');
    await fs.rename(at('/usr/share/nginx'), containerUri(second.id, '/srv/nginx'));
    assert.equal(await readText(containerUri(second.id, '/srv/nginx/html/index.html')), '<p>hello</p>\n');
    await assertRefused(fs.stat(at('/usr/share/nginx')), 'FileNotFound');
  });

  it('copies folders from the workspace and back', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder !== undefined, 'a folder is open');
    const here = vscode.Uri.joinPath(folder.uri, 'site');
    await fs.createDirectory(vscode.Uri.joinPath(here, 'img'));
    await fs.writeFile(vscode.Uri.joinPath(here, 'img', 'b.txt'), Buffer.from('b'));
    await fs.copy(here, at('/srv/site'));
    assert.equal(await readText(at('/srv/site/img/b.txt')), 'b');
    const back = vscode.Uri.joinPath(folder.uri, 'html');
    await fs.copy(at('/usr/share/nginx/html'), back);
    assert.equal(await readText(vscode.Uri.joinPath(back, 'index.html')), '<p>hello</p>\n');
    await fs.delete(here, { recursive: true });
    await fs.delete(back, { recursive: true });
  });

  it('keeps names that would act elsewhere', async () => {
    for (const name of [
      'a\u202eb',
      'a\x1b[31m',
      'a?b#c%20',
      'a\\b',
      '..a',
      'x\u{e0041}y',
      '한글',
      ' ',
      '~',
    ]) {
      const path = joinPath(rootPath, fromText(name));
      await other.files.writeFile(path, Buffer.from(name));
    }
    const listed = (await fs.readDirectory(at('/'))).map(([name]) => name);
    for (const name of listed.filter((each) => !['bin', 'dev', 'etc', 'usr'].includes(each)))
      assert.ok((await readText(vscode.Uri.joinPath(at('/'), name))).length > 0, JSON.stringify(name));
    assert.equal(listed.length, 13);
  });

  it('refuses what is not there, in its own words', async () => {
    await assertRefused(fs.readFile(at('/etc/absent')), 'FileNotFound');
    await assertRefused(fs.readFile(at('/etc/loop')), 'FileNotFound');
    await assertRefused(fs.readDirectory(at('/etc/hostname')), 'FileNotADirectory');
    await assertRefused(fs.readFile(at('/etc')), 'FileIsADirectory');
    await assertRefused(fs.writeFile(at('/etc'), new Uint8Array(1)), 'FileIsADirectory');
    await assertRefused(fs.rename(at('/absent'), at('/b')), 'FileNotFound');
    await assertRefused(fs.delete(at('/absent')), 'FileNotFound');
    const gone = await assertRefused(fs.readFile(containerUri('f'.repeat(32), '/etc')), 'FileNotFound');
    assert.match(gone.message, /container/);
  });

  it('lists five thousand entries', async () => {
    await other.files.change((upper) => {
      upper.mkdir(parseLayerPath('/many'));
      for (let number = 0; number < 5000; number++)
        upper.writeFile(`/many/${String(number)}` as LayerPath, []);
    });
    assert.equal((await fs.readDirectory(at('/many'))).length, 5000);
  });

  it('refuses a file beyond the size that a tab may hold, and writes one of any size', async () => {
    const settings = vscode.workspace.getConfiguration('lamina');
    await settings.update('files.maxSize', 1, vscode.ConfigurationTarget.Global);
    try {
      await fs.writeFile(at('/large'), Buffer.alloc(1_000_001, 'a'));
      assert.equal((await fs.stat(at('/large'))).size, 1_000_001);
      const error = await assertRefused(fs.readFile(at('/large')), 'Unavailable');
      assert.match(error.message, /too large/);
      assert.match(error.message, /Save As/);
    } finally {
      await settings.update('files.maxSize', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
