import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { CacheLenses } from '../../../src/editor/buildCache/cacheLenses.ts';
import { createDockerfileBuilds, type DockerfileBuilds } from '../../../src/editor/dockerfileBuilds.ts';
import { FakeBuilds, type Told } from '../support/fakeBuilds.ts';
import { FakeEngine } from '../support/fakeEngine.ts';
import { openDockerfile } from '../support/openDockerfile.ts';
import { MemoryOnly, realContext, type RealContext } from '../support/realContext.ts';

const text = ['FROM debian', 'WORKDIR /app', 'COPY . .', 'RUN make', 'CMD ["app"]', ''].join('\n');
const layer = { diffId: `sha256:a1b2c3${'0'.repeat(58)}`, size: 60_700_000 } as const;
const fine = { code: 'found', text: '' } as const;
const allCached: Told = {
  'WORKDIR /app': { state: 'cached', reason: fine },
  'COPY . .': { state: 'cached', reason: fine, layer: { ...layer, diffId: layer.diffId } as never },
  'RUN make': { state: 'cached', reason: fine, layer: layer as never },
};
const changed: Told = {
  ...allCached,
  'COPY . .': {
    state: 'rebuild',
    reason: { code: 'files-changed', text: '', paths: [{ path: 'app.py', change: 'content' }], pathCount: 1 },
    layer: layer as never,
  },
  'RUN make': {
    state: 'rebuild',
    reason: { code: 'step-above', text: '', instruction: 2 },
    layer: layer as never,
  },
};

describe('lenses of a Dockerfile', () => {
  let context: RealContext;
  let engine: FakeEngine;
  let fake: FakeBuilds;
  let builds: DockerfileBuilds;
  let lenses: CacheLenses;

  beforeEach(async () => {
    engine = new FakeEngine();
    await engine.start();
    context = realContext(new MemoryOnly(), { engines: [engine.location] });
    fake = new FakeBuilds();
    builds = createDockerfileBuilds(context, {
      builds: () => fake,
      findBuilds: () => Promise.resolve([]),
      memory: new MemoryOnly(),
      settleMs: 20,
    });
    lenses = new CacheLenses(builds, context.settings);
  });

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    lenses.dispose();
    await context.dispose();
    await engine.stop();
  });

  const titles = (document: vscode.TextDocument): readonly string[] =>
    lenses.provideCodeLenses(document).map((lens) => lenses.resolveCodeLens(lens).command?.title ?? '');

  it('has its places from the text alone, and says that it is looking', async () => {
    fake.hold();
    const { document } = await openDockerfile(text, { 'app.py': '' });
    const lines = lenses.provideCodeLenses(document).map(({ range }) => range.start.line);
    assert.deepEqual(lines, [0, 0, 0, 1, 2, 3, 4]);
    assert.equal(titles(document)[4], '$(ellipsis) checking…');
    fake.release();
  });

  it('says what is cached, with the layer and its size', async () => {
    fake.told = allCached;
    const { document } = await openDockerfile(text);
    await builds.states.settled(document.uri);
    assert.deepEqual(titles(document), [
      '$(layers) 3 of 3 steps cached',
      '$(tools) BuildKit 0.33 · docker build .',
      '$(play) Build',
      '$(check) cached',
      '$(check) cached · a1b2c3 · 60.7 MB',
      '$(check) cached · a1b2c3 · 60.7 MB',
      '$(dash) metadata · no layer',
    ]);
  });

  it('says which file changed, and what that has made again', async () => {
    fake.told = changed;
    const { document } = await openDockerfile(text);
    await builds.states.settled(document.uri);
    assert.deepEqual(titles(document).slice(3, 6), [
      '$(check) cached',
      '$(sync) rebuilds: app.py changed',
      '$(sync) rebuilds: step above',
    ]);
    assert.equal(titles(document)[0], '$(layers) 1 of 3 steps cached · about 121 MB to make again');
  });

  it('keeps what it said until it knows better, and then tells once', async () => {
    fake.told = allCached;
    const { document } = await openDockerfile(text);
    await builds.states.settled(document.uri);
    let told = 0;
    lenses.onDidChangeCodeLenses(() => told++);
    fake.hold();
    fake.told = changed;
    for (let save = 0; save < 3; save++) fake.changeContext();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(titles(document)[4], '$(ellipsis) $(check) cached · a1b2c3 · 60.7 MB');
    assert.equal(told, 0);
    fake.release();
    await builds.states.settled(document.uri);
    assert.equal(titles(document)[4], '$(sync) rebuilds: app.py changed');
    assert.equal(told, 1);
  });

  it('asks about the text that is being edited, and moves what it knows along', async () => {
    fake.told = allCached;
    const { document } = await openDockerfile(text);
    await builds.states.settled(document.uri);
    fake.hold();
    await vscode.window.activeTextEditor?.edit((change) => {
      change.insert(new vscode.Position(3, 0), 'ENV A=1\n');
    });
    assert.deepEqual(titles(document).slice(5), [
      '$(ellipsis) checking…',
      '$(ellipsis) $(check) cached · a1b2c3 · 60.7 MB',
      '$(ellipsis) $(dash) metadata · no layer',
    ]);
    fake.release();
    await builds.states.settled(document.uri);
    assert.match(fake.asked.at(-1)?.options.text ?? '', /ENV A=1/);
    assert.equal(titles(document)[5], '$(dash) metadata · no layer');
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('asks nothing of an engine before a Dockerfile is visible, and nothing more when none is', async () => {
    assert.equal(fake.askedForBuilders, 0);
    assert.deepEqual(engine.requests, []);
    const { document } = await openDockerfile(text);
    await builds.states.settled(document.uri);
    assert.equal(fake.watchers, 1);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(fake.watchers, 0);
  });
});
