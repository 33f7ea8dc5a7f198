import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { fixesOf } from '../../../src/editor/layerHints/hintFixes.ts';
import type { FixPlace } from '../../../src/editor/layerHints/fixPlace.ts';
import { hintText } from '../../../src/editor/layerHints/hintTexts.ts';
import { parsedDocument } from '../../../src/editor/dockerfiles.ts';
import { type LayerHint, parseDockerfile, parseLayerPath } from '../../../src/engine/index.ts';
import { openDockerfile } from '../support/openDockerfile.ts';

describe('quick fixes of hints', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /** The Dockerfile after one of the fixes, which BuildKit takes; undefined when there is none. */
  async function fixed(
    lines: readonly string[],
    hint: LayerHint,
    { at = 0, builder = 'buildkit' }: Partial<Pick<FixPlace, 'builder'>> & { readonly at?: number } = {},
  ): Promise<readonly string[] | undefined> {
    const { document } = await openDockerfile(`${lines.join('\n')}\n`);
    const { instructions } = parsedDocument(document);
    const context = path.dirname(document.uri.fsPath);
    const request = { context, dockerfile: document.uri.fsPath, buildArgs: new Map(), tags: [] };
    const fix = (await fixesOf({ document, instructions, request, builder }, hint))[at];
    if (fix === undefined) return undefined;
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.deepEqual(parseDockerfile(document.getText()).problems, []);
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

  it('keep files where they were, and the owner that they were given', async () => {
    const hint = {
      kind: 'early-copy',
      instruction: 1,
      installation: 3,
      needed: ['api/requirements.txt'],
      changed: [],
    } as const;
    const copy = 'COPY --chown=app ./ /srv';
    assert.deepEqual(
      await fixed(['FROM python', copy, 'ENV A=1', 'RUN pip install -r api/requirements.txt'], hint),
      [
        'FROM python',
        'COPY --chown=app api/requirements.txt /srv/api/',
        'ENV A=1',
        'RUN pip install -r api/requirements.txt',
        copy,
      ],
    );
    assert.equal(await fixed(['FROM python', 'COPY src .', 'ENV A=1', 'RUN pip'], hint), undefined);
    assert.equal(await fixed(['FROM python', 'COPY . .', 'WORKDIR /x', 'RUN pip'], hint), undefined);
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

  it('remove nothing where a shell would not come to it', async () => {
    const hint = { kind: 'left-behind', instruction: 1, directory: '/var/lib/apt/lists', bytes: 1 } as const;
    for (const run of ['RUN apt-get update # lists', 'RUN apt-get update;', 'RUN apt-get update &'])
      assert.equal(await fixed(['FROM debian', run], hint), undefined, run);
    const after = { ...hint, instruction: 2 };
    assert.equal(await fixed(['FROM x', 'SHELL ["pwsh", "-c"]', 'RUN apt-get update'], after), undefined);
    assert.deepEqual(await fixed(['# escape=`', 'FROM x', 'SHELL ["/bin/bash", "-c"]', 'RUN a'], after), [
      '# escape=`',
      'FROM x',
      'SHELL ["/bin/bash", "-c"]',
      'RUN a `',
      '    && rm -rf /var/lib/apt/lists/*',
    ]);
  });

  it('keep a cache beside the image, where the builder can', async () => {
    const hint = { kind: 'left-behind', instruction: 1, directory: '/root/.cache/pip', bytes: 1 } as const;
    const lines = ['FROM python', 'RUN pip install x'];
    assert.deepEqual(await fixed(lines, hint, { at: 1 }), [
      'FROM python',
      'RUN --mount=type=cache,target=/root/.cache/pip pip install x',
    ]);
    assert.equal(await fixed(lines, hint, { at: 1, builder: 'classic' }), undefined);
    assert.equal(await fixed(lines, { ...hint, directory: '/var/lib/apt/lists' }, { at: 1 }), undefined);
  });

  it('name a base by the digest that it had, or has', async () => {
    const [before, after] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
    const hint = { kind: 'moved-base', instruction: 0, name: 'nginx:latest', before, after } as const;
    const lines = ['FROM --platform=linux/amd64 nginx:1 AS web', 'RUN x'];
    const by = (name: string): readonly string[] => [`FROM --platform=linux/amd64 ${name} AS web`, 'RUN x'];
    assert.deepEqual(await fixed(lines, hint), by(`nginx:1@${before}`));
    assert.deepEqual(await fixed(lines, hint, { at: 1 }), by(`nginx:1@${after}`));
    assert.deepEqual(await fixed(lines, hint, { builder: 'buildah' }), by(`nginx@${before}`));
    assert.deepEqual(await fixed(['FROM reg:5000/x'], hint, { builder: 'buildah' }), [
      `FROM reg:5000/x@${before}`,
    ]);
    assert.equal(await fixed(['FROM $BASE'], hint), undefined);
    assert.equal(await fixed(lines, { ...hint, before: 'an ID' }, { at: 1 }), undefined);
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
    // Joined, these would do something else.
    for (const [made, deleted] of [
      ['RUN cd /src && make', 'RUN rm -rf src'],
      ['RUN make', 'RUN rm -rf /src || true'],
      ['RUN make', 'RUN rm -rf /a; rm -rf /b'],
    ] as const)
      assert.equal(await fixed(['FROM debian', made, deleted], hint), undefined, deleted);
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
    // A file that is named has to be in the context.
    assert.equal(await fixed(['FROM debian', 'COPY .env /app/', 'CMD ["x"]'], hint), undefined);
  });

  it('show a secret to the step that needs it, and to no layer', async () => {
    const path = parseLayerPath('/root/.npmrc');
    const hint = { kind: 'secret', instruction: 1, path, what: 'credentials', isHidden: true } as const;
    const lines = ['FROM node', 'COPY .npmrc /root/', '# installs', 'RUN npm ci', 'RUN rm /root/.npmrc'];
    assert.deepEqual(await fixed(lines, hint), [
      'FROM node',
      '# installs',
      'RUN --mount=type=bind,source=.npmrc,target=/root/.npmrc npm ci',
    ]);
    assert.equal(await fixed(lines, hint, { builder: 'classic' }), undefined);
  });
});
