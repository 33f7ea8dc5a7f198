import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parseLayerPath } from '../../../src/engine/index.ts';
import { closeOtherEngines, containerUri, createContainer, type OtherHands } from '../support/containers.ts';
import { lessonImage } from '../support/lesson.ts';
import { eventually, readText } from '../support/opened.ts';

const { fs, openTextDocument } = vscode.workspace;
const page = '/usr/share/nginx/html/index.html';

describe('what a container changed', () => {
  let other: OtherHands;
  const at = (path: string): vscode.Uri => containerUri(other.id, path);
  const write = (path: string, text: string): Thenable<void> => fs.writeFile(at(path), Buffer.from(text));
  const run = (command: string, ...args: readonly unknown[]): Thenable<unknown> =>
    vscode.commands.executeCommand(command, ...args);
  before(async () => {
    other = await createContainer(lessonImage(), 'web-1');
    await write(page, '<p>mine</p>\n');
    await write('/etc/own', 'new\n');
    await fs.delete(at('/etc/hostname'));
  });
  afterEach(() => run('workbench.action.closeAllEditors'));
  after(async () => {
    await other.engine.containers.remove(other.id);
    await closeOtherEngines();
  });

  async function compared(path: string): Promise<readonly [string, string, string]> {
    await run('workbench.action.closeAllEditors');
    await run('lamina.compareWithImage', at(path));
    const { input, label } = await eventually('the comparison', () => {
      const { activeTab } = vscode.window.tabGroups.activeTabGroup;
      const shown = activeTab?.input;
      return shown instanceof vscode.TabInputTextDiff ? { input: shown, label: activeTab?.label } : undefined;
    });
    assert.notEqual(input.original.scheme, 'lamina-container');
    return [label ?? '', await readText(input.original), await readText(input.modified)];
  }

  it('compares a file with the image’s, which stays to the left', async () => {
    assert.deepEqual(await compared(page), [
      'index.html (image ↔ container web-1)',
      '<p>hello</p>\n',
      '<p>mine</p>\n',
    ]);
  });

  it('shows an empty side for what was added or removed', async () => {
    assert.deepEqual((await compared('/etc/own')).slice(1), ['', 'new\n']);
    assert.deepEqual((await compared('/etc/hostname')).slice(1), ['sample\n', '']);
  });

  it('shows everything in one editor', async () => {
    await run('lamina.showContainerChanges', at('/'));
    const label = await eventually('the editor', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs.map((tab) => tab.label))
        .find((each) => each.includes('↔ container')),
    );
    // The image may have other names by now. VS Code adds how many files there are.
    assert.match(label, /^\S+ ↔ container web-1 \(3 files\)$/);
  });

  it('lists each change as docker diff has it, with the reason, and follows the container', async () => {
    await run('lamina.listContainerChanges', at('/'));
    const { document } = await eventually('the list', () => vscode.window.activeTextEditor);
    assert.equal(document.languageId, 'lamina-changes');
    const lines = (): readonly string[] => document.getText().split('\n').slice(3).filter(Boolean);
    assert.deepEqual(
      lines().map((line) => line.trimEnd().replace(/ {2,}/, ' | ')),
      [
        'C /etc | something in it changed',
        'D /etc/hostname | removed',
        'A /etc/own | added · 4 B',
        'C /usr | something in it changed',
        'C /usr/share | something in it changed',
        'C /usr/share/nginx | something in it changed',
        'C /usr/share/nginx/html | something in it changed',
        'C /usr/share/nginx/html/index.html | content, time · 12 B',
      ],
    );
    await write('/etc/second', 'x');
    await eventually('the new line', () => (document.getText().includes('A /etc/second') ? true : undefined));
    await fs.delete(at('/etc/second'));
  });

  it('makes files what the image has, also removed ones, and open editors follow', async () => {
    const document = await openTextDocument(at(page));
    await vscode.window.showTextDocument(document);
    await run('lamina.revertFile', at(page), [at(page), at('/etc/hostname')]);
    assert.equal(await readText(at('/etc/hostname')), 'sample\n');
    await eventually('the editor', () => (document.getText() === '<p>hello</p>\n' ? true : undefined));
    const left = (await other.engine.containers.open(other.id)).changes();
    assert.deepEqual(
      (await left).map(({ path }) => path),
      [parseLayerPath('/etc'), parseLayerPath('/etc/own')],
    );
    await run('lamina.revertFile', at('/etc/own'));
    assert.deepEqual(await (await other.engine.containers.open(other.id)).changes(), []);
  });
});
