import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { CacheLenses } from '../../../src/editor/buildCache/cacheLenses.ts';
import { lineEndsOf } from '../../../src/editor/buildCache/lineEnds.ts';
import { type DockerfileFixture, openDockerfileFixture } from '../support/dockerfileFixture.ts';
import { openDockerfile } from '../support/openDockerfile.ts';
import { eventually } from '../support/opened.ts';
import { allCached, appChanged, lessonText as text } from '../support/toldSteps.ts';

describe('lenses of a Dockerfile', () => {
  let fixture: DockerfileFixture;
  let lenses: CacheLenses;

  beforeEach(async () => {
    fixture = await openDockerfileFixture();
    lenses = new CacheLenses(fixture.builds, fixture.context.settings);
  });

  afterEach(async () => {
    lenses.dispose();
    await fixture.close();
  });

  const titles = (document: vscode.TextDocument): readonly string[] =>
    lenses.provideCodeLenses(document).map((lens) => lenses.resolveCodeLens(lens).command?.title ?? '');

  it('has its places from the text alone, and says that it is looking', async () => {
    fixture.fake.hold();
    const { document } = await openDockerfile(text, { 'app.py': '' });
    const lines = lenses.provideCodeLenses(document).map(({ range }) => range.start.line);
    assert.deepEqual(lines, [0, 0, 0, 1, 2, 3, 4]);
    assert.equal(titles(document)[4], '$(ellipsis) checking…');
    fixture.fake.release();
  });

  it('says what is cached, with the layer and its size', async () => {
    fixture.fake.told = allCached;
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(titles(document), [
      '$(layers) 3 of 3 steps cached',
      '$(play) Build',
      '$(tools) BuildKit 0.33 · docker build .',
      '$(check) cached',
      '$(check) cached · a1b2c3 · 60.7 MB',
      '$(check) cached · a1b2c3 · 60.7 MB',
      '$(dash) metadata · no layer',
    ]);
  });

  it('says which file changed, and what that has made again', async () => {
    fixture.fake.told = appChanged;
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(titles(document).slice(3, 6), [
      '$(check) cached',
      '$(sync) rebuilds: app.py changed',
      '$(sync) rebuilds: step above',
    ]);
    assert.equal(titles(document)[0], '$(layers) 1 of 3 steps cached · about 121 MB to make again');
  });

  it('keeps what it said until it knows better, and then tells once', async () => {
    fixture.fake.told = allCached;
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    let told = 0;
    lenses.onDidChangeCodeLenses(() => told++);
    fixture.fake.hold();
    fixture.fake.told = appChanged;
    for (let save = 0; save < 3; save++) fixture.fake.changeContext();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(titles(document)[4], '$(ellipsis) $(check) cached · a1b2c3 · 60.7 MB');
    assert.equal(told, 0);
    fixture.fake.release();
    await fixture.builds.states.settled(document.uri);
    assert.equal(titles(document)[4], '$(sync) rebuilds: app.py changed');
    assert.equal(told, 1);
  });

  it('has what it said at once when the Dockerfile is shown again, and tells when it is sure of it', async () => {
    fixture.fake.told = allCached;
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    const before = titles(document);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await new Promise((resolve) => setTimeout(resolve, 100));
    fixture.fake.hold();
    await vscode.window.showTextDocument(document.uri);
    assert.equal(titles(document)[4], `$(ellipsis) ${before[4] ?? ''}`);
    let told = 0;
    lenses.onDidChangeCodeLenses(() => told++);
    fixture.fake.release();
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual([titles(document), told], [before, 1]);
  });

  it('says at once what is sure, and that layers are read for the rest', async () => {
    const reading = { state: 'unknown', reason: { code: 'layers-being-read', text: '' } } as const;
    fixture.fake.partlyTold = { ...allCached, 'COPY . .': reading, 'RUN make': reading };
    fixture.fake.told = appChanged;
    fixture.fake.hold();
    const { document } = await openDockerfile(text);
    await eventually('a part of the answer', () => fixture.builds.states.of(document.uri).answer);
    assert.deepEqual(titles(document), [
      '$(ellipsis) checking…',
      '$(play) Build',
      '$(tools) BuildKit 0.33 · docker build .',
      '$(ellipsis) $(check) cached',
      '$(ellipsis) reading the layers of its last build…',
      '$(ellipsis) reading the layers of its last build…',
      '$(ellipsis) $(dash) metadata · no layer',
    ]);
    fixture.fake.release();
    const { answer } = await fixture.builds.states.settled(document.uri);
    assert.equal(answer?.isPartial, undefined);
    assert.equal(titles(document)[4], '$(sync) rebuilds: app.py changed');
    // What was known before is better than a part of what comes next.
    fixture.fake.hold();
    fixture.builds.states.refresh();
    await eventually('the next question', () => fixture.fake.asked[1]);
    assert.equal(titles(document)[4], '$(ellipsis) $(sync) rebuilds: app.py changed');
    fixture.fake.release();
  });

  it('names the builder that was chosen, and its command', async () => {
    const classic = {
      id: 'classic',
      kind: 'classic',
      client: 'docker-cli',
      name: 'Classic builder',
    } as const;
    fixture.fake.identities = [...fixture.fake.identities, classic];
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    assert.equal(titles(document)[2], '$(tools) BuildKit 0.33 · docker build .');
    const builder = { engine: fixture.engine.location, id: 'classic' };
    await fixture.builds.memory.change(document.uri.fsPath, { builder });
    await fixture.builds.states.settled(document.uri);
    assert.equal(titles(document)[2], '$(tools) Classic builder · DOCKER_BUILDKIT=0 docker build .');
    assert.equal(fixture.builds.states.of(document.uri).answer?.builder.identity.kind, 'classic');
  });

  describe('by the settings', () => {
    const settings = vscode.workspace.getConfiguration('lamina.buildCache');
    const set = (name: string, value: unknown): Thenable<void> =>
      settings.update(name, value, vscode.ConfigurationTarget.Global);
    afterEach(async () => {
      await set('codeLens', undefined);
      await set('endOfLine', undefined);
    });

    const ends = (document: vscode.TextDocument): readonly string[] =>
      lineEndsOf(fixture.builds, fixture.context.settings, document).map(
        ({ range, renderOptions }) => `${range.start.line} ${renderOptions?.after?.contentText ?? ''}`,
      );
    const steps = [
      '0 1 of 3 steps cached · about 121 MB to make again',
      '1 cached',
      '2 rebuilds: app.py changed',
      '3 rebuilds: step above',
    ];
    const all = [...steps, '4 metadata · no layer'];

    for (const [mode, above, behind] of [
      ['all', 7, all],
      ['stepsOnly', 6, steps],
      ['off', 0, []],
    ] as const)
      it(`are for ${mode}, above the lines or behind them`, async () => {
        fixture.fake.told = appChanged;
        const { document } = await openDockerfile(text);
        await fixture.builds.states.settled(document.uri);
        await set('codeLens', mode);
        assert.deepEqual([titles(document).length, ends(document)], [above, []]);
        await set('endOfLine', true);
        assert.deepEqual([titles(document), ends(document)], [[], behind]);
      });
  });

  it('asks about the text that is being edited, and moves what it knows along', async () => {
    fixture.fake.told = allCached;
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    fixture.fake.hold();
    await vscode.window.activeTextEditor?.edit((change) => {
      change.insert(new vscode.Position(3, 0), 'ENV A=1\n');
    });
    assert.deepEqual(titles(document).slice(5), [
      '$(ellipsis) checking…',
      '$(ellipsis) $(check) cached · a1b2c3 · 60.7 MB',
      '$(ellipsis) $(dash) metadata · no layer',
    ]);
    fixture.fake.release();
    await fixture.builds.states.settled(document.uri);
    assert.match(fixture.fake.asked.at(-1)?.options.text ?? '', /ENV A=1/);
    assert.equal(titles(document)[5], '$(dash) metadata · no layer');
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('asks nothing of an engine before a Dockerfile is visible, and nothing more when none is', async () => {
    assert.equal(fixture.fake.askedForBuilders, 0);
    assert.deepEqual(fixture.engine.requests, []);
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    assert.equal(fixture.fake.watchers, 1);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(fixture.fake.watchers, 0);
  });
});
