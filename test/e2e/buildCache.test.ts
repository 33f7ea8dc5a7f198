import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path, { join } from 'node:path';
import type { DockerEngine } from '../machine/dockerEngine.mjs';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import { ensureLessonImages } from '../machine/lessonImages.mjs';
import { orSkip } from '../machine/missing.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import { buildLessonBase, writeLessonFolder } from './lessonDockerfiles.ts';
import type { Workbench } from './workbench.ts';

const pictures = join(repoRoot, 'test-results');

describe('the build cache of the lesson, as a person', () => {
  let engine: DockerEngine | undefined;
  let lamina: OpenLamina | undefined;
  let workbench: Workbench;
  let folder: string;
  before(async function () {
    this.timeout(300_000);
    mkdirSync(pictures, { recursive: true });
    const started = await orSkip(this, () => startDocker29({ store: 'containerd' }));
    engine = started;
    await ensureLessonImages(started);
    await buildLessonBase(started);
    folder = writeLessonFolder();
    const { DOCKER_HOST, DOCKER_CONFIG, PATH } = started.env;
    lamina = await openLaminaOrSkip(this, { workspace: folder, env: { DOCKER_HOST, DOCKER_CONFIG, PATH } });
    workbench = lamina.workbench;
  });
  afterEach(async function () {
    if (lamina !== undefined) await keepPictureOfFailure(this, lamina);
  });
  after(async () => {
    await lamina?.close();
    await engine?.stop();
  });

  it('builds from the lens, and says afterwards what is cached', async () => {
    await open('hello/Dockerfile');
    await lenses([/steps cached/, /index\.html|not built|unknown|cached/, /^metadata/]);
    await build('hello-nginx:new');
    await lenses([/^1 of 1 steps cached/, /^cached · [0-9a-f]{6} · /, /^metadata/]);
  });

  it('names the builder and the command that are assumed', async () => {
    const [first = ''] = await workbench.codeLenses();
    assert.match(first, /BuildKit 0\.33 in Docker Engine 29 · docker build .*hello-nginx:new/);
  });

  it('says of an edited file that it has its copy and all below made again, and takes that back', async () => {
    await open('python/Dockerfile');
    await useHostNetwork();
    await build('python-app:latest');
    const cached = [/^3 of 3 steps cached/, /^cached/, /^cached/, /^cached/, /^metadata/];
    await lenses(cached);
    await picture('cached');
    write('python/app.py', 'print("hello, layers")\n');
    await lenses([
      /^1 of 3 steps cached · about .* to make again/,
      /^cached/,
      /^rebuilds: app\.py changed/,
      /^rebuilds: step above/,
      /^metadata/,
    ]);
    await picture('rebuilds');
    write('python/app.py', 'print("hello")\n');
    await lenses(cached);
  });

  it('tells of images on one base what the order of their steps costs', async () => {
    for (const name of ['config', 'pre-config']) await buildInTerminal(name);
    await open('config/Dockerfile');
    await lenses([/^2 of 2/, /^cached/, /^cached/, /^metadata/]);
    write('config/index.html', '<h1>Hello again</h1>\n');
    await lenses([/^0 of 2/, /^rebuilds: index\.html changed/, /^rebuilds: step above/, /^metadata/]);
    await picture('config');
    await open('pre-config/Dockerfile');
    await lenses([/^2 of 2/, /^cached/, /^cached/, /^metadata/]);
    write('pre-config/index.html', '<h1>Hello again</h1>\n');
    await lenses([/^1 of 2/, /^cached/, /^rebuilds: index\.html changed/, /^metadata/]);
  });

  it('keeps the installation where the rest is copied behind it', async () => {
    await buildInTerminal('python-late');
    await open('python-late/Dockerfile');
    await lenses([/^2 of 4/, /^cached/, /^cached/, /^rebuilds: the network changed/]);
    await useHostNetwork();
    await lenses([/^4 of 4/, /^cached/, /^cached/, /^cached/, /^cached/, /^metadata/]);
    write('python-late/app.py', 'print("hello, layers")\n');
    const changed = /^rebuilds: app\.py changed/;
    await lenses([/^3 of 4/, /^cached/, /^cached/, /^cached/, changed, /^metadata/]);
    await open('python/Dockerfile');
  });

  it('knows a stage that is in no image by a build in a terminal that it saw', async () => {
    await open('stages/Dockerfile');
    await buildInTerminal('stages');
    await lenses([/^build: 1 of 1/, /^cached/, /^1: 1 of 1/, /^cached/]);
    write('stages/main.txt', 'another main\n');
    await lenses([/^build: 0 of 1/, /^rebuilds: main\.txt changed/, /./, /^cached if \/w of build/]);
    await open('python/Dockerfile');
  });

  it('counts what the ignore file leaves out', async () => {
    write('python/.dockerignore', 'notes.txt\n.dockerignore\n');
    await lenses([/^1 of 3/, /^cached/, /^rebuilds: notes\.txt is gone/, /^rebuilds: step above/, /./]);
    write('python/.dockerignore', '.dockerignore\n');
    await lenses([/^3 of 3/, /^cached/, /^cached/, /^cached/, /./]);
  });

  it('follows an argument of the build', async () => {
    await open('argument/Dockerfile');
    await useHostNetwork();
    await build('argument:latest');
    await lenses([/^1 of 1/, /^metadata/, /^cached/]);
    await workbench.runCommand('Lamina: Change How It Is Built…');
    await workbench.pick('Arguments');
    await workbench.pick('VERSION');
    await answer('2');
    await lenses([/^0 of 1/, /./, /^rebuilds: argument VERSION \(.*1.*→.*2.*\) changed/]);
  });

  it('shows a failing RUN at its line, with what it printed', async () => {
    await open('failing/Dockerfile');
    await useHostNetwork();
    await build('failing:latest', /The build failed/);
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    await workbench.page.locator('.markers-panel', { hasText: 'nothing to be done for this' }).waitFor();
    await picture('failed');
  });

  it('advises the order that keeps the installation, and makes it', async () => {
    await open('python/Dockerfile');
    write('python/app.py', 'print("hello again")\n');
    await workbench.page.locator('.squiggly-info').first().waitFor();
    await picture('hint');
  });

  it('shows the changed file beside the copy in the layer', async () => {
    await lens(/rebuilds: app\.py changed/).click();
    await workbench.pick(/Compare with the layer’s copy/);
    await workbench.tab(/app\.py \(layer ↔ context\)/).waitFor();
    await workbench.page.locator('.line-insert').first().waitFor();
    await workbench.runCommand('View: Close Editor');
  });

  it('goes to the instruction that decides, and fixes the order', async () => {
    const before = readFileSync(join(folder, 'python/Dockerfile'), 'utf8');
    await lens(/rebuilds: step above/).click();
    await workbench.pick(/Go to what decides/);
    await workbench.page.locator('.statusbar-item', { hasText: /Ln 3,/ }).waitFor();
    await workbench.runCommand('Quick Fix...');
    await workbench.page.getByText('Copy requirements.txt and install first').click();
    await workbench.page.locator('.view-line', { hasText: /^COPY.requirements\.txt/ }).waitFor();
    assert.match(
      (await workbench.editorText()).replace(/\u00a0/g, ' '),
      /COPY requirements\.txt \.\/\nRUN pip install -r requirements\.txt\nCOPY \. \.\nCMD/,
    );
    await workbench.runCommand('File: Revert File');
    // The editor may have saved it by itself.
    write('python/Dockerfile', before);
  });

  it('asks the builder only when a person agrees, and says what it says', async () => {
    await lenses([/^1 of 3/, /^cached/, /^rebuilds: app\.py changed/]);
    await ask('Cancel');
    await ask('Ask');
    await workbench.readNotification(
      /has 1 step in its cache\. The first that it makes again is .*COPY \. \./,
    );
    await lenses([/^1 of 3/, /^cached/, /^rebuilds: app\.py changed/]);
  });

  it('shows the same behind the lines, where a person wants that', async () => {
    setSettings({ 'lamina.buildCache.endOfLine': true });
    await workbench.page.locator('.codelens-decoration').first().waitFor({ state: 'detached' });
    // What stands behind a line is no text of the page.
    await workbench.page.waitForFunction(`[...document.querySelectorAll('.view-line span')].some((each) =>
      /rebuilds:.app\\.py.changed/.test(getComputedStyle(each, '::after').content))`);
    await picture('line-ends-light');
    setSettings({});
    await workbench.page.locator('.codelens-decoration').first().waitFor();
  });

  it('goes by the builder that is chosen, and warns of what that passes over', async () => {
    await open('passed-over/Dockerfile');
    await lenses([/steps cached/]);
    assert.equal(await workbench.page.locator('.squiggly-warning').count(), 0);
    await workbench.runCommand('Lamina: Change How It Is Built…');
    await workbench.pick('Builder');
    await workbench.page.locator('[placeholder="Choose a builder"]').waitFor();
    await answer('DOCKER_BUILDKIT=0');
    await lens(/the classic builder in Docker Engine 29 · DOCKER_BUILDKIT=0 docker build \./).waitFor();
    await workbench.page.locator('.squiggly-warning').nth(2).waitFor();
    await workbench.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    const problems = workbench.page.locator('.markers-panel');
    for (const ignored of ['--exclude', '--parents', 'the heredoc END'])
      await problems.getByText(`${ignored} is ignored by the classic builder in Docker Engine 29`).waitFor();
    await picture('passed-over');
    await workbench.runCommand('View: Hide Panel');
    await open('python/Dockerfile');
    await lenses([/^1 of 3/]);
  });

  it('explains it all on one page', async () => {
    await workbench.runCommand('Lamina: Explain Build Cache');
    await workbench.tab(/Build cache of Dockerfile/).waitFor();
    await workbench.page.locator('.view-line', { hasText: 'app.py' }).first().waitFor();
    const text = await workbench.editorText();
    assert.match(text, /BuildKit/);
    assert.match(text, /app\.py changed/);
    await picture('report');
  });

  async function buildInTerminal(name: string): Promise<void> {
    await engine?.docker(['build', '--network=host', '-t', `${name}:terminal`, join(folder, name)]);
  }

  async function ask(button: string): Promise<void> {
    await workbench.runCommand('Lamina: Ask the Builder');
    await workbench.dialog().getByRole('button', { name: button, exact: true }).click();
  }

  function setSettings(settings: Readonly<Record<string, unknown>>): void {
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    write('.vscode/settings.json', JSON.stringify(settings));
  }

  function write(file: string, content: string): void {
    writeFileSync(join(folder, file), content);
  }

  async function open(file: string): Promise<void> {
    await workbench.closeAllEditors();
    await workbench.page.keyboard.press('Control+P');
    await workbench.quickInput.waitFor();
    await workbench.quickInput.fill(file);
    await workbench.page.waitForTimeout(500);
    await workbench.quickPickItem(new RegExp(`^Dockerfile ?${path.dirname(file)}`)).click();
    await workbench.page.locator('.codelens-decoration').first().waitFor();
  }

  function lens(text: RegExp): ReturnType<Workbench['row']> {
    return workbench.page.locator('.codelens-decoration a', { hasText: text }).first();
  }

  async function build(tag: string, message = /Built /): Promise<void> {
    const button = workbench.page.locator('.codelens-decoration a', { hasText: /^\W*Build$/ }).last();
    await button.click();
    // A line that is just drawn anew takes no click.
    await workbench.quickInput.waitFor({ timeout: 10_000 }).catch(() => button.click());
    await answer(tag);
    await workbench.readNotification(message);
  }

  /** An input box that was just opened takes what is typed a moment later. */
  async function answer(text: string): Promise<void> {
    await workbench.quickInput.waitFor();
    await workbench.page.waitForTimeout(500);
    await workbench.answer(text);
    // What is typed is checked before it is taken.
    await workbench.quickInput.waitFor({ state: 'hidden' });
  }

  /** The engine of the tests has no network of its own. */
  async function useHostNetwork(): Promise<void> {
    await workbench.runCommand('Lamina: Change How It Is Built…');
    await workbench.pick('Network');
    await workbench.pick('host');
  }

  /** What the lenses say, from the top; the first one of each line. */
  async function lenses(expected: readonly RegExp[]): Promise<void> {
    const shown = async (): Promise<readonly string[]> =>
      (await workbench.codeLenses()).map((line) => (line.split('|')[0] ?? '').replace(/^\W+/u, '').trim());
    // An image that is seen for the first time has its layers read.
    const endMs = Date.now() + 90_000;
    for (;;) {
      const texts = await shown();
      if (texts.length >= expected.length && expected.every((each, at) => each.test(texts[at] ?? ''))) return;
      if (Date.now() > endMs)
        assert.fail(`expected ${expected.map(String).join('\n')}\nshown\n${texts.join('\n')}`);
      await workbench.page.waitForTimeout(200);
    }
  }

  async function picture(name: string): Promise<void> {
    await workbench.settled();
    await workbench.screenshot(join(pictures, `build-cache-${name}.png`));
  }
});
