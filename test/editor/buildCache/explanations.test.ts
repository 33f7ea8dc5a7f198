import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { buildCacheText } from '../../../src/editor/buildCache/buildCacheText.ts';
import { StepHover } from '../../../src/editor/buildCache/stepHover.ts';
import { StepLayers } from '../../../src/editor/stepLayers.ts';
import { type DockerfileFixture, openDockerfileFixture } from '../support/dockerfileFixture.ts';
import { openDockerfile } from '../support/openDockerfile.ts';
import { appChanged, lessonText } from '../support/toldSteps.ts';

describe('why an instruction is made again', () => {
  let fixture: DockerfileFixture;
  let document: vscode.TextDocument;
  beforeEach(async () => {
    fixture = await openDockerfileFixture();
    fixture.fake.told = appChanged;
    fixture.fake.evidence = [{ kind: 'lamina', subject: 'app', builtAt: Date.now(), isChecked: true }];
    ({ document } = await openDockerfile(lessonText));
    await fixture.builds.states.settled(document.uri);
  });
  afterEach(() => fixture.close());

  async function hover(line: number): Promise<vscode.MarkdownString> {
    const provider = new StepHover(fixture.builds, new StepLayers(fixture.context));
    const found = await provider.provideHover(document, new vscode.Position(line, 1));
    const [content] = found?.contents ?? [];
    assert.ok(content instanceof vscode.MarkdownString);
    return content;
  }

  it('is told in the hover, with the line that decides', async () => {
    const { value } = await hover(3);
    assert.match(value, /rebuilds\\: step above \\\(line 3\\: app\\\.py changed\\\)/);
    assert.match(value, /BuildKit 0\\\.33/);
    assert.match(value, /a build through Lamina/);
  });

  it('leads on by commands of Lamina, and by no other', async () => {
    const { value, isTrusted, supportHtml } = await hover(2);
    assert.ok(typeof isTrusted === 'object');
    assert.deepEqual(isTrusted.enabledCommands, ['lamina.explainStep', 'lamina.explainBuildCache']);
    assert.ok(supportHtml !== true);
    const [, query = ''] = /command:lamina\.explainStep\?([^)]*)/.exec(value) ?? [];
    assert.deepEqual(JSON.parse(decodeURIComponent(query)), [document.uri.toString(), 2]);
  });

  it('is explained on one page', () => {
    const page = buildCacheText('Dockerfile', fixture.builds.states.of(document.uri));
    assert.match(page, /^# Next build: 1 of 3 steps cached · about 121 MB to make again$/m);
    assert.match(page, /^# Holds for: BuildKit 0\.33 · docker build \.$/m);
    assert.match(page, /^ +3 {3}rebuilds +a1b2c3000000 +60\.7 MB +COPY \. \.$/m);
    assert.match(page, /^Line 4 {3}RUN make\n {4}rebuilds: step above \(line 3: app\.py changed\)$/m);
  });

  it('says what there is to say without an answer', () => {
    const page = buildCacheText('Dockerfile', { isPending: false, obstacle: { kind: 'no-builder' } });
    assert.equal(page, '# Dockerfile\n# no builder was found\n');
  });
});
