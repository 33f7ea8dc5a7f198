import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lessonImage } from '../support/lesson.ts';
import { assertRefused, fileUri, openBuilt, readText } from '../support/opened.ts';

const { File, Directory, SymbolicLink, Unknown } = vscode.FileType;

describe('files of an image', () => {
  let id: string;
  before(async () => {
    ({ id } = await openBuilt(lessonImage()));
  });

  it('lists a directory with the types of its entries', async () => {
    assert.deepEqual(await vscode.workspace.fs.readDirectory(fileUri(id, '/etc')), [
      ['dangling', SymbolicLink | Unknown],
      ['hostname', File],
      ['loop', SymbolicLink | Unknown],
      ['nginx', Directory],
      ['os-release', SymbolicLink | File],
    ]);
    const root = await vscode.workspace.fs.readDirectory(fileUri(id, '/'));
    assert.deepEqual(
      root.find(([name]) => name === 'bin'),
      ['bin', SymbolicLink | Directory],
    );
  });

  it('reads files, through links inside the root', async () => {
    assert.equal(await readText(fileUri(id, '/usr/share/nginx/html/index.html')), '<p>hello</p>\n');
    assert.equal(await readText(fileUri(id, '/etc/os-release')), 'NAME=sample\n');
    const bytes = await vscode.workspace.fs.readFile(fileUri(id, '/bin/tool'));
    assert.deepEqual([...bytes], [0, 1, 2, 3]);
  });

  it('reads each version of a file', async () => {
    const page = '/usr/share/nginx/html/index.html';
    assert.equal(await readText(fileUri(id, page, 0)), '<p>base</p>\n');
    assert.equal(await readText(fileUri(id, page, 1)), '<p>hello</p>\n');
    assert.equal(await readText(fileUri(id, '/etc/motd', 0)), 'hello\n');
    await assertRefused(vscode.workspace.fs.stat(fileUri(id, '/etc/motd', 1)), 'FileNotFound');
  });

  it('tells the truth about a file', async () => {
    assert.deepEqual(await vscode.workspace.fs.stat(fileUri(id, '/etc/hostname')), {
      type: File,
      size: 7,
      ctime: 1_700_000_000_000,
      mtime: 1_700_000_000_000,
      permissions: vscode.FilePermission.Readonly,
    });
  });

  it('gives a link the attributes of its target, and both types', async () => {
    const link = await vscode.workspace.fs.stat(fileUri(id, '/etc/os-release'));
    assert.equal(link.type, SymbolicLink | File);
    assert.equal(link.size, 12);
    const dangling = await vscode.workspace.fs.stat(fileUri(id, '/etc/dangling'));
    assert.equal(dangling.type, SymbolicLink | Unknown);
  });

  it('refuses what is not there, in its own words', async () => {
    await assertRefused(vscode.workspace.fs.readFile(fileUri(id, '/etc/absent')), 'FileNotFound');
    await assertRefused(vscode.workspace.fs.readFile(fileUri(id, '/etc/dangling')), 'FileNotFound');
    await assertRefused(vscode.workspace.fs.readFile(fileUri(id, '/etc/loop')), 'FileNotFound');
    await assertRefused(vscode.workspace.fs.readDirectory(fileUri(id, '/absent')), 'FileNotFound');
    await assertRefused(vscode.workspace.fs.readFile(fileUri('f'.repeat(32), '/etc')), 'FileNotFound');
  });

  it('is read-only', async () => {
    const uri = fileUri(id, '/etc/hostname');
    await assertRefused(vscode.workspace.fs.writeFile(uri, new Uint8Array(1)), 'NoPermissions');
    await assertRefused(vscode.workspace.fs.delete(uri), 'NoPermissions');
    assert.equal(vscode.workspace.fs.isWritableFileSystem('lamina'), false);
  });

  it('opens in a tab', async () => {
    const document = await vscode.workspace.openTextDocument(fileUri(id, '/etc/os-release'));
    assert.equal(document.getText(), 'NAME=sample\n');
  });

  it('refuses a file beyond the size that a tab may hold', async () => {
    const settings = vscode.workspace.getConfiguration('lamina');
    await settings.update('files.maxSize', 1, vscode.ConfigurationTarget.Global);
    try {
      const { buildImage } = await import('../../support/buildImage.ts');
      const large = await openBuilt(
        buildImage([{ large: Buffer.alloc(1_000_001, 'a') }], { names: ['docker.io/a/large:1'] }),
      );
      const error = await assertRefused(
        vscode.workspace.fs.readFile(fileUri(large.id, '/large')),
        'Unavailable',
      );
      assert.match(error.message, /too large/);
      assert.match(error.message, /Save As/);
    } finally {
      await settings.update('files.maxSize', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
