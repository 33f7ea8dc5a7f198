import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createEngine, silentLogger } from '../../src/engine/index.ts';
import { newPage } from '../machine/browser.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { tempDir } from '../support/tempDir.ts';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import { Workbench } from './workbench.ts';

const page = '/usr/share/nginx/html/index.html';

describe('files of a container, as a person', () => {
  const store = tempDir().path;
  let lamina: OpenLamina;
  let first: Workbench;
  let second: Workbench;
  before(async function () {
    await createContainer(store);
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_STORE: store } });
    first = lamina.workbench;
    await first.openActivity('Lamina');
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('opens one by its path', async () => {
    await goTo(first);
    assert.match(await first.editorText(), /hello/i);
  });

  it('says at the first save which layer it was copied up from, and not at the second', async () => {
    await typeAtStart(first, '<!-- mine -->');
    await first.page.keyboard.press('Control+s');
    const note = first.page.locator('.statusbar-item', { hasText: /Copied up from layer \d+ · \d/ });
    await note.waitFor();
    await note.waitFor({ state: 'hidden', timeout: 60_000 });
    await typeAtStart(first, '<!-- more -->');
    await first.page.keyboard.press('Control+s');
    await first.page.locator('.tab.active:not(.dirty)').waitFor();
    assert.equal(await note.isVisible(), false);
  });

  it('shows the same in another window, and what is saved there', async () => {
    second = await openSecondWindow();
    await goTo(second);
    await textOf(second, /^<!-- more --><!-- mine -->/);
    await typeAtStart(second, '<!-- theirs -->');
    await second.page.keyboard.press('Control+s');
    await textOf(first, /^<!-- theirs --><!-- more --><!-- mine -->/);
    await typeAtStart(first, '<!-- again -->');
    await first.page.keyboard.press('Control+s');
    await textOf(second, /^<!-- again --><!-- theirs -->/);
  });

  async function goTo(window: Workbench): Promise<void> {
    await window.runCommand('Lamina: Go to Path in Container…');
    await window.quickPickItem('usr').waitFor();
    await window.answer(page);
    await window.tab(/index\.html/).waitFor();
    await window.editorText();
  }

  async function typeAtStart(window: Workbench, text: string): Promise<void> {
    await window.page.locator('.editor-instance .view-lines').last().click();
    await window.page.keyboard.press('Control+Home');
    await window.page.keyboard.type(text);
  }

  async function textOf(window: Workbench, expected: RegExp): Promise<void> {
    const endMs = Date.now() + 60_000;
    for (let text = ''; !expected.test(text); text = await window.editorText()) {
      assert.ok(Date.now() < endMs, `waited for ${String(expected)}, saw ${text}`);
      await window.page.waitForTimeout(200);
    }
  }

  /** A window of its own: another extension host. */
  async function openSecondWindow(): Promise<Workbench> {
    const browser = first.page.context().browser();
    assert.ok(browser !== null, 'the browser is there');
    const other = await newPage(browser, { locale: 'en-US', viewport: { width: 1280, height: 920 } });
    const window = new Workbench(other);
    await other.goto(first.page.url());
    await window.ready();
    await window.openActivity('Lamina');
    return window;
  }
});

/** A container of the lesson's image in a new store. */
async function createContainer(storeDirectory: string): Promise<void> {
  await using engine = createEngine({ log: silentLogger, storeDirectory });
  const source = await engine.open(join(repoRoot, 'media', 'sample', 'nginx-lesson.tar'));
  const entry = (await source.list()).find(({ names }) => names.some((name) => name.includes('hello-nginx')));
  assert.ok(entry !== undefined, 'the sample has the image of the lesson');
  const { target } = await engine.store.import(source, entry, undefined);
  await engine.containers.create({ manifest: target.digest, name: 'web' });
}
