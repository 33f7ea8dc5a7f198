import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { DropArchives } from '../../../src/editor/explorer/dropArchives.ts';

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

  it('leaves alone what is no file of this machine', async () => {
    assert.deepEqual(await drop({ 'text/uri-list': 'https://example.com/a.tar' }), []);
    assert.deepEqual(await drop({ 'text/plain': '/a/one.tar' }), []);
  });
});
