import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { complaintAboutName } from '../../../src/editor/containers/createContainer.ts';
import { copyInto } from '../../../src/editor/containers/copyInto.ts';
import { DropOnContainers } from '../../../src/editor/containers/dropOnContainers.ts';
import { complaintAboutMode, complaintAboutOwner } from '../../../src/editor/containers/fileAttributes.ts';
import {
  complaintAboutFileName,
  complaintAboutNewPath,
  movePath,
} from '../../../src/editor/containers/fileCommands.ts';
import {
  containerFileNode,
  containerFilesNode,
  storedContainerNode,
} from '../../../src/editor/containerNodes.ts';
import type { OpenedContainer } from '../../../src/editor/openedContainers.ts';
import { type ContainerConfig, modeText, parseLayerPath } from '../../../src/engine/index.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { closeOtherEngines, containerUri, createContainer } from '../support/containers.ts';
import { lessonImage } from '../support/lesson.ts';
import { assertRefused, readText } from '../support/opened.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

describe('files of containers, by commands', () => {
  let context: RealContext;
  let config: ContainerConfig;
  let container: OpenedContainer;
  let folder: string;

  before(async () => {
    context = realContext();
    const archive = writeDockerArchive(lessonImage(), tempDir().file('image.tar'));
    const source = await context.engine.open(archive);
    const [entry] = await source.list();
    assert.ok(entry !== undefined);
    const { target } = await context.engine.store.import(source, entry, undefined);
    config = await context.engine.containers.create({ manifest: target.digest, name: 'web' });
    container = await context.containers.byId(config.id);
    folder = tempDir().path;
  });
  after(async () => {
    await context.dispose();
    await closeOtherEngines();
  });

  async function shown(path: string): Promise<string> {
    const file = await container.files.lookup(parseLayerPath(path));
    if (file === undefined) return 'nothing';
    return `${modeText(file.type, file.mode)} ${file.uid}:${file.gid} ${file.size}`;
  }

  it('copies files and folders of this machine, with their modes, as root', async () => {
    mkdirSync(join(folder, 'site', 'css'), { recursive: true });
    writeFileSync(join(folder, 'site', 'css', 'a.css'), 'a {}\n');
    symlinkSync('css/a.css', join(folder, 'site', 'link.css'));
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o755);
    const uris = ['site', 'run.sh'].map((name) => ({ uri: vscode.Uri.file(join(folder, name)) }));
    await copyInto(context, { container, path: parseLayerPath('/usr') }, uris);
    assert.equal(await shown('/usr/site/css/a.css'), '-rw-r--r-- 0:0 5');
    assert.equal(await shown('/usr/run.sh'), '-rwxr-xr-x 0:0 10');
    assert.match(await shown('/usr/site/link.css'), /^l/);
  });

  it('copies what came as bytes, as a browser drops it', async () => {
    const bytes = (): Promise<Uint8Array> => Promise.resolve(Buffer.from('dropped'));
    await copyInto(context, { container, path: parseLayerPath('/etc') }, [{ name: 'dropped.txt', bytes }]);
    assert.equal(await shown('/etc/dropped.txt'), '-rw-r--r-- 0:0 7');
  });

  it('takes what is dropped on a folder, and says by address what is dragged', async () => {
    const files = containerFilesNode(storedContainerNode(config));
    const etc = await container.files.lookup(parseLayerPath('/etc'));
    assert.ok(etc !== undefined);
    const dropping = new DropOnContainers(context);
    const data = new vscode.DataTransfer();
    writeFileSync(join(folder, 'site.conf'), 'server {}\n');
    const uri = vscode.Uri.file(join(folder, 'site.conf'));
    data.set('text/uri-list', new vscode.DataTransferItem(uri.toString()));
    await dropping.handleDrop(containerFileNode(files, etc), data);
    assert.equal(await shown('/etc/site.conf'), '-rw-r--r-- 0:0 10');

    const made = await container.files.lookup(parseLayerPath('/etc/site.conf'));
    assert.ok(made !== undefined);
    const dragged = new vscode.DataTransfer();
    dropping.handleDrag([containerFileNode(containerFileNode(files, etc), made), files], dragged);
    const list = await dragged.get('text/uri-list')?.asString();
    assert.equal(list, `lamina-container://${config.id}%2Bweb/etc/site.conf`);
  });

  it('moves a path, and its open tab goes with it', async () => {
    const own = await createContainer(lessonImage());
    const place = { id: own.id, name: own.name };
    const [from, to] = [parseLayerPath('/etc/hostname'), parseLayerPath('/etc/name')];
    await vscode.window.showTextDocument(containerUri(own.id, '/etc/hostname'));
    await movePath(place, from, to);
    assert.equal(await readText(containerUri(own.id, '/etc/name')), 'sample\n');
    await assertRefused(vscode.workspace.fs.stat(containerUri(own.id, '/etc/hostname')), 'FileNotFound');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('says why it did not move', async () => {
    const own = await createContainer(lessonImage());
    const place = { id: own.id, name: own.name };
    await assertRefused(
      movePath(place, parseLayerPath('/etc/hostname'), parseLayerPath('/etc/os-release')),
      'FileExists',
    );
    await movePath(place, parseLayerPath('/etc/hostname'), parseLayerPath('/etc/os-release'), 'replace');
    assert.equal(await readText(containerUri(own.id, '/etc/os-release')), 'sample\n');
  });

  it('checks what is typed', () => {
    const wrong = (check: (text: string) => string | undefined, texts: readonly string[]): string[] =>
      texts.filter((text) => check(text) !== undefined);
    assert.deepEqual(wrong(complaintAboutMode, ['644', '0644', '4755', ' 755 ', '888', '7', '00644', 'rw']), [
      '888',
      '7',
      '00644',
      'rw',
    ]);
    assert.deepEqual(
      wrong(complaintAboutOwner, [
        '0',
        '0:0',
        '1000:1000',
        '4294967294:0',
        '4294967295:0',
        'root',
        '1:',
        '-1:0',
      ]),
      ['4294967295:0', 'root', '1:', '-1:0'],
    );
    assert.deepEqual(wrong(complaintAboutFileName, ['a', '.env', 'a/b', '', '..', 'x'.repeat(256)]), [
      'a/b',
      '',
      '..',
      'x'.repeat(256),
    ]);
    assert.deepEqual(wrong(complaintAboutNewPath, ['a', 'a/b.txt', '/a', 'a//b', '../a', 'a/\0']), [
      '/a',
      'a//b',
      '../a',
      'a/\0',
    ]);
    assert.deepEqual(wrong(complaintAboutName, ['web', 'a', '', 'Web_1.2-3', '-web', 'a b']), [
      'a',
      '',
      '-web',
      'a b',
    ]);
  });
});
