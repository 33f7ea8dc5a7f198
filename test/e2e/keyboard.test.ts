import assert from 'node:assert/strict';
import { delimiter, join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');

/** Nothing in here touches the mouse. */
describe('by keyboard alone', () => {
  let lamina: OpenLamina;
  let workbench: Workbench;
  before(async function () {
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_OPEN: [sample].join(delimiter) } });
    workbench = lamina.workbench;
    // The palette lists what is there when it opens.
    await workbench.page.locator('.activitybar').getByRole('tab', { name: 'Lamina' }).waitFor();
    await run('Lamina: Focus on Images View');
    // What is opened is revealed, which moves the rows and takes the focus.
    await workbench.row('Files').waitFor();
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  async function press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await workbench.page.keyboard.press(key);
      await workbench.page.waitForTimeout(150);
    }
  }

  /** Runs a command of the palette with Enter. */
  async function run(title: string): Promise<void> {
    await press('F1');
    await workbench.quickInput.waitFor();
    await workbench.page.keyboard.type(title);
    await workbench.quickPickItem(title).waitFor();
    await press('Enter');
  }

  async function focused(): Promise<string> {
    return (
      (await workbench.sideBar.locator('.monaco-list-row.focused').first().getAttribute('aria-label')) ?? ''
    );
  }

  /** Presses a key until the focused line is the one that is wanted. */
  async function pressUntil(key: string, wanted: RegExp): Promise<void> {
    for (let times = 0; times < 40; times++) {
      if (wanted.test(await focused())) return;
      await press(key);
    }
    assert.fail(`the focus is on ${await focused()}`);
  }

  it('walks from an image to what a layer removed, each line with its words', async () => {
    await run('Lamina: Focus on Images View');
    await press('Home');
    await pressUntil('ArrowDown', /^hello-nginx:latest, image/);
    if ((await workbench.row('hello-nginx:latest').getAttribute('aria-expanded')) === 'false')
      await press('ArrowRight');
    await pressUntil('ArrowDown', /^1 {2}RUN, layer 1/);
    await press('ArrowRight');
    await pressUntil('ArrowDown', /^usr, modified/);
    await press('ArrowRight');
    await pressUntil('ArrowDown', /^share, modified/);
    await press('ArrowRight');
    await pressUntil('ArrowDown', /^doc, modified/);
    await press('ArrowRight');
    await pressUntil('ArrowDown', /^tzdata, removed/);
  });

  it('opens a file with Enter, and its layers from the menu', async () => {
    await pressUntil('ArrowUp', /^passwd, modified|^etc, modified/);
    if ((await focused()).startsWith('etc')) await press('ArrowRight');
    await pressUntil('ArrowDown', /^passwd, modified/);
    await press('Enter');
    await workbench.tab(/passwd/).waitFor();
    await run('Lamina: Show File’s Layers');
    await workbench.quickPickItem(/Layer 1: modified/).waitFor();
    await press('ArrowDown', 'Enter');
    await workbench.page.locator('.editor-instance .view-line', { hasText: 'root' }).first().waitFor();
  });

  it('goes to a path and finds a file', async () => {
    await run('Lamina: Find File in Image');
    await workbench.quickPickItem('hello-nginx:latest').waitFor();
    await press('Enter');
    await workbench.page.keyboard.type('nginx.conf');
    await workbench.quickPickItem('/etc/nginx').waitFor();
    await press('Enter');
    await workbench.tab(/nginx\.conf/).waitFor();
  });
});
