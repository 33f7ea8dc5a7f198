import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');

describe('the store, as a person', () => {
  let lamina: OpenLamina;
  let workbench: Workbench;
  before(async function () {
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_OPEN: sample } });
    workbench = lamina.workbench;
    await workbench.openActivity('Lamina');
    // What is opened is revealed, which moves the rows and takes the focus.
    await workbench.row('Files').waitFor();
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('takes an image in', async () => {
    await workbench.chooseFromContextMenu(workbench.row('config-nginx:latest'), 'Import into Store');
    await workbench.row('Lamina Store').waitFor();
    const rows = await workbench.rows();
    assert.match(rows.at(-2) ?? '', /^Lamina Store {2}3\d\d kB$/);
    assert.match(rows.at(-1) ?? '', /^config-nginx:latest {2}/);
  });

  it('gives it another name, and refuses what is none', async () => {
    await workbench.runCommand('Lamina: Tag…');
    await workbench.pick('config-nginx:latest');
    await workbench.quickInput.fill('Not A Name');
    await workbench.page.locator('.quick-input-message', { hasText: 'A name looks like' }).waitFor();
    await workbench.answer('example.com/app:1');
    await waitForRow(/^config-nginx:latest .*also example\.com\/app:1/);
  });

  it('saves it as an archive', async () => {
    const target = join(lamina.workspace, 'saved.tar');
    await workbench.chooseFromContextMenu(stored(), 'Save Image As…');
    await workbench.pick('Docker archive');
    // The dialog comes with a proposal.
    while (!(await workbench.quickInput.inputValue()).endsWith('.tar'))
      await workbench.page.waitForTimeout(100);
    await workbench.answer(target);
    const endMs = Date.now() + 10_000;
    while (!existsSync(target) && Date.now() < endMs) await workbench.page.waitForTimeout(100);
    assert.match(readFileSync(target, 'latin1'), /manifest\.json/);
  });

  it('verifies it', async () => {
    await workbench.chooseFromContextMenu(stored(), 'Verify');
    await told('config-nginx:latest: every digest fits.');
  });

  it('shows what is on disk', async () => {
    await workbench.runCommand('Lamina: Disk Usage');
    await workbench.quickPickItem('Images in the store').waitFor();
    assert.match((await workbench.quickPickLabels())[0] ?? '', /3\d\d kB in \d+ blobs/);
    await workbench.page.keyboard.press('Escape');
  });

  it('takes names away once that is confirmed', async () => {
    await workbench.chooseFromContextMenu(stored(), 'Remove…');
    await workbench.quickPickItem('config-nginx:latest').waitFor();
    await workbench.page.keyboard.press('Enter');
    const dialog = workbench.dialog();
    await dialog.getByText('Remove config-nginx:latest, example.com/app:1 from the Lamina store?').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await workbench.row('Lamina Store').waitFor({ state: 'detached' });
  });

  function stored() {
    return workbench.sideBar.locator('.monaco-list-row', { hasText: 'config-nginx:latest' }).last();
  }

  /** The tests' VS Code pops up no messages, but keeps them. */
  async function told(message: string): Promise<void> {
    await workbench.runCommand('Notifications: Show Notifications');
    await workbench.page.locator('.notifications-center', { hasText: message }).waitFor();
    await workbench.runCommand('Notifications: Clear All Notifications');
  }

  async function waitForRow(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 20_000;
    while (!(await workbench.rows()).some((row) => pattern.test(row))) {
      assert.ok(Date.now() < endMs, `waited for ${String(pattern)}`);
      await workbench.page.waitForTimeout(200);
    }
  }
});
