import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commandScript, isOurScript } from '../../../src/editor/store/commandScript.ts';
import { tempDir } from '../../support/tempDir.ts';

describe("the 'lamina' command", () => {
  const extension = vscode.extensions.getExtension('lamina.lamina');
  const cli = join(extension?.extensionPath ?? '', 'dist', 'cli.js');
  const version = (extension?.packageJSON as { version: string }).version;

  function run(script: string): string {
    const file = tempDir().file("it's here");
    writeFileSync(file, script);
    chmodSync(file, 0o755);
    return execFileSync(file, ['--version'], { encoding: 'utf8' });
  }

  it('starts the command line in the runtime of VS Code', function () {
    if (process.platform === 'win32') this.skip();
    assert.ok(run(commandScript({ runtime: process.execPath, cli, isWindows: false })).includes(version));
  });

  it('takes the runtime in PATH when that of VS Code is gone', function () {
    if (process.platform === 'win32') this.skip();
    const script = commandScript({ runtime: "/nowhere/it's/gone", cli, isWindows: false });
    // The Node of PATH may be too old for the command line; that it is started is what counts.
    const file = tempDir().file('node');
    writeFileSync(file, '#!/bin/sh\necho "started $1"\n');
    chmodSync(file, 0o755);
    const place = tempDir().file('lamina');
    writeFileSync(place, script);
    chmodSync(place, 0o755);
    const PATH = `${file.slice(0, file.lastIndexOf('/'))}:${process.env['PATH'] ?? ''}`;
    assert.equal(execFileSync(place, [], { encoding: 'utf8', env: { PATH } }), `started ${cli}\n`);
  });

  it('knows its own scripts, and no other', () => {
    for (const isWindows of [true, false])
      assert.ok(isOurScript(commandScript({ runtime: 'r', cli: 'c', isWindows })));
    assert.ok(!isOurScript('#!/bin/sh\nexec other\n'));
  });
});
