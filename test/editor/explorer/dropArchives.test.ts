import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { DropArchives } from '../../../src/editor/explorer/dropArchives.ts';
import { lessonImage } from '../support/lesson.ts';
import { openBuilt } from '../support/opened.ts';
import { realContext } from '../support/realContext.ts';

describe('dropping files on the view', () => {
  async function drop(data: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const opened: string[] = [];
    const controller = new DropArchives((uris) => opened.push(...uris.map((uri) => uri.fsPath)));
    const transfer = new vscode.DataTransfer();
    for (const [type, value] of Object.entries(data)) transfer.set(type, new vscode.DataTransferItem(value));
    await controller.handleDrop(undefined, transfer);
    return opened;
  }

  it('opens what the Explorer gives, each file once', async () => {
    const list = 'file:///a/one.tar\r\nfile:///a/two%20words.tar\r\n# a comment\r\nfile:///a/one.tar\r\n';
    assert.deepEqual(await drop({ 'text/uri-list': list }), ['/a/one.tar', '/a/two words.tar']);
  });

  it('takes images of the view to nowhere but an engine or the store', async () => {
    const controller = new DropArchives(() => assert.fail('nothing is opened'));
    const note = { kind: 'note', id: 'n', parent: undefined, text: 'a note' } as const;
    const transfer = new vscode.DataTransfer();
    controller.handleDrag([note], transfer);
    assert.equal(transfer.get('application/vnd.code.tree.lamina.images'), undefined);
    await controller.handleDrop(note, transfer);
  });

  it('copies an image that is dropped on the store', async () => {
    const context = realContext();
    try {
      const { file } = await openBuilt(lessonImage('docker.io/library/dropped:1'));
      const [opened] = await context.images.open(file);
      assert.ok(opened !== undefined && 'image' in opened);
      const controller = new DropArchives(() => assert.fail('nothing is opened'));
      const transfer = new vscode.DataTransfer();
      const top = { parent: undefined, state: 'same' } as const;
      const archive = { ...top, kind: 'source', id: file, location: file, isStore: false } as const;
      const store = { ...top, kind: 'source', id: 'store:', location: 'store:', isStore: true } as const;
      controller.handleDrag(
        [{ kind: 'image', id: 'i', parent: archive, opened, isPlatform: false }],
        transfer,
      );
      await controller.handleDrop(store, transfer);
      const index = readFileSync(join(process.env['LAMINA_STORE'] ?? '', 'index.json'), 'utf8');
      assert.match(index, /docker\.io\/library\/dropped:1/);
    } finally {
      await context.dispose();
    }
  });

  it('leaves alone what is no file of this machine', async () => {
    assert.deepEqual(await drop({ 'text/uri-list': 'https://example.com/a.tar' }), []);
    assert.deepEqual(await drop({ 'text/plain': '/a/one.tar' }), []);
  });
});
