import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { fixOf } from '../../../src/editor/layerHints/hintFixes.ts';
import { hintText } from '../../../src/editor/layerHints/hintTexts.ts';
import { parsedDocument } from '../../../src/editor/dockerfiles.ts';
import { type LayerHint, parseLayerPath } from '../../../src/engine/index.ts';
import { openDockerfile } from '../support/openDockerfile.ts';

describe('quick fixes of hints', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** The Dockerfile after the fix; undefined when there is none. */
  async function fixed(lines: readonly string[], hint: LayerHint): Promise<readonly string[] | undefined> {
    const { document } = await openDockerfile(`${lines.join('\n')}\n`);
    const { instructions } = parsedDocument(document);
    const context = path.dirname(document.uri.fsPath);
    const request = { context, dockerfile: document.uri.fsPath, buildArgs: new Map(), tags: [] };
    const fix = await fixOf({ document, instructions, request }, hint);
    if (fix === undefined) return undefined;
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    return document.getText().trimEnd().split('\n');
  }

  it('copy what the installation reads, install, and copy the rest', async () => {
    const hint = {
      kind: 'early-copy',
      instruction: 2,
      installation: 3,
      needed: ['requirements.txt'],
      changed: ['app.py'],
    } as const;
    assert.deepEqual(
      await fixed(
        [
          'FROM python',
          'WORKDIR /app',
          'COPY . .',
          'RUN pip install \\',
          '  -r requirements.txt',
          'CMD ["x"]',
        ],
        hint,
      ),
      [
        'FROM python',
        'WORKDIR /app',
        'COPY requirements.txt ./',
        'RUN pip install \\',
        '  -r requirements.txt',
        'COPY . .',
        'CMD ["x"]',
      ],
    );
  });

  it('remove lists in the step that leaves them', async () => {
    const hint = { kind: 'left-behind', instruction: 1, directory: '/var/lib/apt/lists', bytes: 1 } as const;
    assert.deepEqual(await fixed(['FROM debian', 'RUN apt-get update', 'CMD ["x"]'], hint), [
      'FROM debian',
      'RUN apt-get update \\',
      '    && rm -rf /var/lib/apt/lists/*',
      'CMD ["x"]',
    ]);
    assert.equal(await fixed(['FROM debian', 'RUN ["apt-get", "update"]'], hint), undefined);
  });

  it('join two steps, of which one deletes what the other makes', async () => {
    const hint = { kind: 'deleted-later', instruction: 2, madeBy: 1, bytes: 1, files: 1, paths: [] } as const;
    assert.deepEqual(await fixed(['FROM debian', 'RUN make', '', 'RUN rm -rf /src', 'CMD ["x"]'], hint), [
      'FROM debian',
      'RUN make \\',
      '    && rm -rf /src',
      'CMD ["x"]',
    ]);
    assert.equal(await fixed(['FROM debian', 'RUN make', '# why', 'RUN rm -rf /src'], hint), undefined);
    assert.equal(await fixed(['FROM debian', 'COPY a /src', 'RUN rm -rf /src'], hint), undefined);
  });

  it('keep a secret out of the context', async () => {
    const hint = {
      kind: 'secret',
      instruction: 1,
      path: parseLayerPath('/app/.env'),
      what: 'environment',
      isHidden: true,
    } as const;
    await fixed(['FROM debian', 'COPY . /app'], hint);
    const ignore = vscode.workspace.textDocuments.find(({ fileName }) => fileName.endsWith('.dockerignore'));
    assert.equal(ignore?.getText(), '**/.env\n');
    assert.match(hintText(hint), /A later step hides it/);
    assert.equal(await fixed(['FROM debian', 'RUN make secret'], hint), undefined);
  });
});
