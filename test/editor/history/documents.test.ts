import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lessonImage } from '../support/lesson.ts';
import { eventually, fileUri, openBuilt } from '../support/opened.ts';

describe('history and inspect', () => {
  let root: vscode.Uri;
  before(async () => {
    const { id } = await openBuilt(lessonImage());
    root = fileUri(id, '/');
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  async function shown(command: string): Promise<vscode.TextDocument> {
    await vscode.commands.executeCommand(command, root);
    return eventually('the document', () => {
      const document = vscode.window.activeTextEditor?.document;
      return document?.uri.scheme === 'lamina-document' ? document : undefined;
    });
  }

  it('shows the history newest first, with the layer of each step', async () => {
    const document = await shown('lamina.showHistory');
    assert.equal(document.languageId, 'lamina-history');
    const lines = document.getText().split('\n');
    assert.match(lines[0] ?? '', /hello-nginx:latest/);
    const rows = lines.slice(4).filter(Boolean);
    assert.equal(rows.length, 6);
    assert.match(rows[0] ?? '', /CMD \["nginx"\]/);
    assert.match(rows[1] ?? '', /^<missing> +2 .*COPY nginx\.conf/);
    assert.match(
      rows[2] ?? '',
      /^<missing> +1 .*2025-01-02 00:00:00 UTC .*13 B +COPY index\.html .*buildkit\.dockerfile\.v0/,
    );
    assert.match(rows[5] ?? '', /^<missing> +0 .*ADD/);
  });

  it('links each layer to its place in the view', async () => {
    const document = await shown('lamina.showHistory');
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      'vscode.executeLinkProvider',
      document.uri,
    );
    assert.deepEqual(
      links.map(({ range }) => document.getText(range)),
      ['2', '1', '0'],
    );
    for (const { target } of links) assert.match(target?.toString() ?? '', /^command:lamina\.revealInImages/);
  });

  it('inspects as JSON', async () => {
    const document = await shown('lamina.inspect');
    assert.equal(document.languageId, 'json');
    const [inspected] = JSON.parse(document.getText()) as {
      RepoTags: string[];
      RootFS: { Layers: string[] };
    }[];
    assert.deepEqual(inspected?.RepoTags, ['hello-nginx:latest']);
    assert.equal(inspected.RootFS.Layers.length, 3);
  });

  it('cannot be edited', async () => {
    const document = await shown('lamina.inspect');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), 'x');
    await vscode.workspace.applyEdit(edit);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await assert.rejects(async () => vscode.workspace.fs.writeFile(document.uri, new Uint8Array(1)));
  });
});
