import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('activation', () => {
  it('registers the commands of the manifest', async () => {
    const extension = vscode.extensions.getExtension('lamina.lamina');
    assert.ok(extension, 'the extension is installed');
    await extension.activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const manifest = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const declared = manifest.contributes.commands.map(({ command }) => command);
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  });

  it('runs a command', async () => {
    await vscode.commands.executeCommand('lamina.showLog');
  });
});
