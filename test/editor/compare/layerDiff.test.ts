import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lessonImage } from '../support/lesson.ts';
import { eventually, fileUri, openBuilt, readText } from '../support/opened.ts';

describe('what a layer changes', () => {
  let id: string;
  before(async () => {
    ({ id } = await openBuilt(lessonImage()));
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  async function sidesOf(path: string, layer: number): Promise<readonly [string, string]> {
    await vscode.commands.executeCommand('lamina.compareWithLayerBelow', fileUri(id, path, layer));
    const input = await eventually('the comparison', () => {
      const shown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return shown instanceof vscode.TabInputTextDiff ? shown : undefined;
    });
    return [await readText(input.original), await readText(input.modified)];
  }

  it('compares a file with the version below', async () => {
    const sides = await sidesOf('/usr/share/nginx/html/index.html', 1);
    assert.deepEqual(sides, ['<p>base</p>\n', '<p>hello</p>\n']);
  });

  it('shows an empty side for a file that is removed or new', async () => {
    assert.deepEqual(await sidesOf('/etc/motd', 1), ['hello\n', '']);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    assert.deepEqual(await sidesOf('/etc/nginx/nginx.conf', 2), ['', 'events {}\n']);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    assert.deepEqual(await sidesOf('/etc/hostname', 0), ['', 'sample\n']);
  });

  it('lists every change with its letter', async () => {
    const uri = vscode.Uri.parse(`lamina-document://${id}/changes/1/x.layer-changes`);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.languageId, 'lamina-changes');
    assert.deepEqual(document.getText().split('\n').slice(3).filter(Boolean), [
      'D        /etc/motd',
      'M  13 B  /usr/share/nginx/html/index.html',
    ]);
  });
});
