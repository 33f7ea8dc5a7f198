import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parseLayerPath } from '../../../src/engine/index.ts';
import { closeOtherEngines, containerUri, createContainer, type OtherHands } from '../support/containers.ts';
import { lessonImage } from '../support/lesson.ts';
import { assertRefused, eventually, readText } from '../support/opened.ts';

const page = '/usr/share/nginx/html/index.html';

describe('open files of a container', () => {
  let other: OtherHands;
  const at = (path: string): vscode.Uri => containerUri(other.id, path);
  const writeElsewhere = (path: string, text: string): Promise<unknown> =>
    other.files.writeFile(parseLayerPath(path), Buffer.from(text));
  before(() => setAutoSave('off'));
  after(() => setAutoSave(undefined));
  beforeEach(async () => {
    other = await createContainer(lessonImage());
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));
  after(closeOtherEngines);

  /** In a browser VS Code saves by itself what is typed. */
  async function setAutoSave(mode: 'off' | undefined): Promise<void> {
    await vscode.workspace
      .getConfiguration('files')
      .update('autoSave', mode, vscode.ConfigurationTarget.Global);
  }

  async function show(path: string): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument(at(path));
    await vscode.window.showTextDocument(document, { preview: false });
    return document;
  }

  /** Types in front of what is there. */
  async function type(document: vscode.TextDocument, text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), text);
    assert.ok(await vscode.workspace.applyEdit(edit));
  }

  it('are edited and saved', async () => {
    const document = await show(page);
    await type(document, '<!-- mine -->');
    assert.ok(document.isDirty);
    assert.ok(await document.save());
    assert.equal(await readText(at(page)), '<!-- mine --><p>hello</p>\n');
    await other.files.refresh();
    const [change] = (await other.files.changes()).filter(({ path }) => path === page);
    assert.deepEqual([change?.kind, change?.differs.includes('content')], ['modified', true]);
  });

  it('are made, moved with their tab, and removed by edits of the workspace', async () => {
    const made = new vscode.WorkspaceEdit();
    made.createFile(at('/srv/new.txt'), { contents: Buffer.from('first\n') });
    assert.ok(await vscode.workspace.applyEdit(made));
    const document = await show('/srv/new.txt');
    await type(document, 'unsaved ');

    const moved = new vscode.WorkspaceEdit();
    moved.renameFile(at('/srv'), at('/var'));
    assert.ok(await vscode.workspace.applyEdit(moved));
    const followed = await eventually('the tab to follow', () =>
      vscode.window.visibleTextEditors.find((editor) => editor.document.uri.path === '/var/new.txt'),
    );
    assert.equal(followed.document.getText(), 'unsaved first\n');
    assert.ok(await followed.document.save());
    assert.equal(await readText(at('/var/new.txt')), 'unsaved first\n');
    await assertRefused(vscode.workspace.fs.stat(at('/srv')), 'FileNotFound');

    const removed = new vscode.WorkspaceEdit();
    removed.deleteFile(at('/var'), { recursive: true });
    assert.ok(await vscode.workspace.applyEdit(removed));
    await assertRefused(vscode.workspace.fs.stat(at('/var')), 'FileNotFound');
  });

  it('follow what another process writes, through links too', async () => {
    const document = await show('/etc/os-release');
    await writeElsewhere('/usr/lib/os-release', 'NAME=elsewhere\n');
    await eventually('the other text', () => document.getText() === 'NAME=elsewhere\n' || undefined);
    await writeElsewhere('/etc/os-release', 'NAME=again\n');
    await eventually('the next text', () => document.getText() === 'NAME=again\n' || undefined);
    await other.files.revert([parseLayerPath('/usr/lib/os-release')]);
    await eventually('the image\u2019s text', () => document.getText() === 'NAME=sample\n' || undefined);
    assert.ok(!document.isDirty);
  });

  it('are not overwritten when another process wrote meanwhile', async () => {
    const document = await show(page);
    await type(document, 'mine ');
    await writeElsewhere(page, '<p>yours, truly</p>\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(document.getText(), 'mine <p>hello</p>\n', 'what is typed stays');
    assert.equal(await document.save(), false);
    assert.equal(await readText(at(page)), '<p>yours, truly</p>\n');
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.equal(document.getText(), '<p>yours, truly</p>\n');
  });

  it('are not overwritten when another process took a change back meanwhile', async () => {
    await writeElsewhere(page, '<p>longer</p>\n');
    const document = await show(page);
    await type(document, 'mine ');
    await other.files.revert([parseLayerPath(page)]);
    assert.equal(await document.save(), false);
    assert.equal(await readText(at(page)), '<p>hello</p>\n');
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('are not overwritten either when what another process wrote is as long, but by a second try', async () => {
    const document = await show(page);
    await type(document, 'mine ');
    await writeElsewhere(page, '<p>yours</p>\n');
    assert.equal(await document.save(), false);
    assert.equal(await readText(at(page)), '<p>yours</p>\n');
    assert.equal(await document.save(), true);
    assert.equal(await readText(at(page)), 'mine <p>hello</p>\n');
    await type(document, 'more ');
    assert.equal(await document.save(), true, 'what this window wrote is its own');
  });

  it('are saved when only their mode changed meanwhile', async () => {
    const document = await show(page);
    await type(document, 'mine ');
    await other.files.change((upper) => {
      upper.chmod(parseLayerPath(page), 0o600);
    });
    assert.ok(await document.save());
  });

  it('are told of to who watches', async () => {
    const seen: string[] = [];
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(at('/etc'), '**'));
    const add = (kind: string) => (uri: vscode.Uri) => seen.push(`${kind} ${uri.path}`);
    watcher.onDidCreate(add('created'));
    watcher.onDidChange(add('changed'));
    watcher.onDidDelete(add('deleted'));
    try {
      await vscode.workspace.fs.writeFile(at('/etc/own'), Buffer.from('1'));
      await vscode.workspace.fs.writeFile(at('/etc/hostname'), Buffer.from('2'));
      await vscode.workspace.fs.delete(at('/etc/nginx'), { recursive: true });
      await show('/etc/hostname');
      await writeElsewhere('/etc/elsewhere', 'x');
      for (const expected of [
        'created /etc/own',
        'changed /etc/hostname',
        'deleted /etc/nginx',
        'created /etc/elsewhere',
      ])
        await eventually(expected, () => seen.includes(expected) || undefined);
    } finally {
      watcher.dispose();
    }
  });

  it('keep their text when the container is removed', async () => {
    const document = await show(page);
    await other.engine.containers.remove(other.id);
    const refused = await assertRefused(vscode.workspace.fs.readFile(at(page)), 'FileNotFound');
    assert.match(refused.message, /container/);
    await type(document, 'mine ');
    assert.equal(await document.save(), false);
    assert.equal(document.getText(), 'mine <p>hello</p>\n');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
