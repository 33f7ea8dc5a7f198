import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parseDockerfile } from '../../../src/engine/index.ts';
import { ReportProblems } from '../../../src/editor/buildCache/reportProblems.ts';
import { type DockerfileFixture, openDockerfileFixture } from '../support/dockerfileFixture.ts';
import { eventually } from '../support/opened.ts';
import { openDockerfile } from '../support/openDockerfile.ts';
import { lessonText } from '../support/toldSteps.ts';

describe('problems of a Dockerfile', () => {
  let fixture: DockerfileFixture;
  let problems: ReportProblems;
  beforeEach(async () => {
    fixture = await openDockerfileFixture();
    problems = new ReportProblems(fixture.builds);
  });
  afterEach(async () => {
    problems.dispose();
    await fixture.close();
  });

  const shown = (uri: vscode.Uri): readonly string[] =>
    problems.of(uri).map(({ code, range, severity }) => {
      return `${range.start.line} ${typeof code === 'string' ? code : ''} ${vscode.DiagnosticSeverity[severity]}`;
    });

  it('stand at their lines, each once, and go when they are put right', async () => {
    const text = `${lessonText}RUN a \\\n\n  && b\n`;
    const at = text.indexOf('COPY');
    const range = { start: at, end: text.length };
    const found = { code: 'stage-not-found', severity: 'error', range, message: 'no stage' } as const;
    fixture.fake.problems = [found, ...parseDockerfile(text).problems];
    const { document } = await openDockerfile(text);
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(shown(document.uri), ['2 stage-not-found Error', '6 empty-continuation Warning']);
    assert.ok(problems.of(document.uri)[0]?.range.isSingleLine, 'the first line is marked');
    fixture.fake.problems = [];
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    await vscode.window.activeTextEditor?.edit((change) => {
      change.replace(whole, lessonText);
    });
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(shown(document.uri), []);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('tell of files of the context that cannot be read, where they are copied', async () => {
    const reason = { code: 'context-unreadable', text: '', subject: 'secret.key' } as const;
    fixture.fake.told = { 'COPY . .': { state: 'unknown', reason } };
    const { document } = await openDockerfile(lessonText);
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(shown(document.uri), ['2 context-unreadable Warning']);
    assert.match(
      problems.of(document.uri)[0]?.message ?? '',
      /secret\.key in the build context cannot be read/,
    );
  });

  it('tell once of what the builder passes over, and by which builder', async () => {
    const [, , copy] = parseDockerfile(lessonText).instructions;
    const range = copy?.range ?? { start: 0, end: 0 };
    // The engine says it too, in English.
    fixture.fake.problems = [{ code: 'unknown-flag', severity: 'warning', range, message: 'ignores it' }];
    const reason = { code: 'found', text: '', ignored: '--parents' } as const;
    fixture.fake.told = { 'COPY . .': { state: 'cached', reason } };
    const { document } = await openDockerfile(lessonText);
    await fixture.builds.states.settled(document.uri);
    assert.deepEqual(shown(document.uri), ['2 ignored-by-builder Warning']);
    assert.equal(
      problems.of(document.uri)[0]?.message,
      '--parents is ignored by BuildKit 0.33, which says nothing of it.',
    );
  });

  it('are told of Dockerfiles that are looked after, and of no other', async () => {
    const reason = { code: 'context-unreadable', text: '' } as const;
    fixture.fake.told = { 'COPY . .': { state: 'unknown', reason } };
    const { document } = await openDockerfile(lessonText);
    await fixture.builds.states.settled(document.uri);
    assert.equal(shown(document.uri).length, 1);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await eventually('no problems', () => (shown(document.uri).length === 0 ? true : undefined));
  });

  it('are those of the text where no builder is asked', async () => {
    fixture.fake.identities = [];
    const { document } = await openDockerfile('FROM a\nRUNN x\n');
    const { obstacle } = await fixture.builds.states.settled(document.uri);
    assert.equal(obstacle?.kind, 'no-builder');
    assert.deepEqual(shown(document.uri), ['1 unknown-instruction Error']);
  });
});
