import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { linesOf } from '../../../src/editor/buildCache/dockerfileLines.ts';
import { lineTitle } from '../../../src/editor/buildCache/lensTitles.ts';
import { plain } from '../../../src/editor/builds/buildOutput.ts';
import { registerBuilds } from '../../../src/editor/builds/register.ts';
import { stageNameOf, stageNames } from '../../../src/editor/builds/stageNames.ts';
import type { CommandTable } from '../../../src/editor/commands.ts';
import { parseDockerfile } from '../../../src/engine/index.ts';
import { type DockerfileFixture, openDockerfileFixture } from '../support/dockerfileFixture.ts';
import { eventually } from '../support/opened.ts';
import { openDockerfile } from '../support/openDockerfile.ts';
import { allCached, lessonText } from '../support/toldSteps.ts';

describe('builds of a Dockerfile', () => {
  let fixture: DockerfileFixture;
  let commands: CommandTable;
  let document: vscode.TextDocument;
  beforeEach(async () => {
    fixture = await openDockerfileFixture();
    fixture.fake.told = allCached;
    commands = registerBuilds(fixture.context, fixture.builds);
    ({ document } = await openDockerfile(lessonText, { 'app.py': '' }));
    await fixture.builds.memory.change(document.uri.fsPath, { tag: 'app:1', args: { VERSION: '2' } });
    await fixture.builds.states.settled(document.uri);
  });
  afterEach(() => fixture.close());

  const titles = (): readonly string[] => linesOf(fixture.builds, document).map(lineTitle);
  const problems = (): readonly vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(document.uri).filter(({ code }) => code === 'build-failed');

  it('are asked for what is remembered of the Dockerfile', async () => {
    void commands['lamina.buildImage']?.(document.uri);
    const request = await eventually('the build', () => fixture.fake.built[0]);
    assert.deepEqual(
      [request.context, request.tags, [...request.buildArgs], request.target],
      [path.dirname(document.uri.fsPath), ['app:1'], [['VERSION', '2']], undefined],
    );
  });

  it('light their lines, and give way to the next status', async () => {
    fixture.fake.rows = [
      { id: 'a', name: '[2/4] WORKDIR /app', instruction: 1, state: 'cached' },
      { id: 'b', name: '[3/4] COPY . .', instruction: 2, state: 'done', started: 1000, completed: 3500 },
      { id: 'c', name: '[4/4] RUN make', instruction: 3, state: 'running', started: Date.now() },
    ];
    fixture.fake.hold();
    void commands['lamina.buildImage']?.(document.uri);
    await eventually('the rows', () => (titles()[3]?.includes('running') ? true : undefined));
    assert.equal(titles()[1], '$(check) cached');
    assert.equal(titles()[2], '$(pass-filled) done · 2.5 s');
    assert.match(titles()[3] ?? '', /^\$\(sync~spin\) running · \d+(\.\d)? s$/);
    fixture.fake.release();
    await eventually('the status', () =>
      titles()[3] === '$(check) cached · a1b2c3 · 60.7 MB' ? true : undefined,
    );
  });

  it('show what failed at its instruction, until the next build', async () => {
    const output = '\u001b[31mmake: *** No rule\u001b[0m\r\n';
    fixture.fake.outcome = {
      rows: [],
      log: '',
      failure: { message: 'exit code: 2', instruction: 3, output },
    };
    void commands['lamina.buildImage']?.(document.uri);
    const [problem] = await eventually('the problem', () => (problems().length > 0 ? problems() : undefined));
    assert.equal(problem?.message, 'exit code: 2\nmake: *** No rule');
    assert.equal(problem.range.start.line, 3);
    fixture.fake.outcome = { rows: [], log: '', image: 'sha256:1' };
    void commands['lamina.buildImage']?.(document.uri);
    await eventually('no problem', () => (problems().length === 0 ? true : undefined));
  });
});

describe('stages of a Dockerfile', () => {
  const dockerfile = parseDockerfile('FROM a AS Build\nRUN x\nFROM b\nFROM c AS last\n');

  it('are named, or counted', () => {
    assert.deepEqual(stageNames(dockerfile), ['build', '1', 'last']);
  });

  it('are targets but for the last one', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((at) => stageNameOf(dockerfile, at)),
      ['build', undefined, '1', undefined],
    );
  });
});

describe('output of a build', () => {
  it('has no sequences of a terminal, and of a line that was drawn over the last state', () => {
    assert.equal(plain('\u001b[1;32mok\u001b[0m'), 'ok');
    assert.equal(plain('10%\r50%\r100%'), '100%');
    assert.equal(plain('line\r'), 'line');
  });
});
