import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');

describe('the view Containers, as a person', () => {
  let lamina: OpenLamina;
  let workbench: Workbench;
  let view: Locator;
  before(async function () {
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_OPEN: sample } });
    workbench = lamina.workbench;
    await workbench.openActivity('Lamina');
    // What is opened is revealed, which moves the rows and takes the focus.
    await workbench.row('Files').waitFor();
    view = workbench.view('Containers');
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('says what a container is while there is none', async () => {
    await workbench.expandView('Containers');
    await view.getByText('A container is an image with one writable layer on top.').waitFor();
    await view.getByRole('button', { name: 'Create a Container…' }).waitFor();
  });

  it('creates a container of an image, which is taken into the store first', async () => {
    await workbench.chooseFromContextMenu(workbench.row('hello-nginx:latest'), 'Create Container…');
    await workbench.dialog().getByText('Import hello-nginx:latest into the Lamina store?').waitFor();
    await workbench.dialog().getByRole('button', { name: 'Import and Create' }).click();
    await proposed('hello-nginx-1');
    await workbench.page.keyboard.press('Enter');
    await workbench.row('hello-nginx-1', view).waitFor();
    await workbench.readNotification(/^Created hello-nginx-1\. Nothing was copied: it shares 7 layers/);
    // From here on the view has the side bar to itself.
    await workbench.page.locator('.pane-header', { hasText: 'Images' }).locator('h3').click();
    await workbench.expandRow('Changes', view);
    await workbench.row('Nothing was changed yet.', view).waitFor();
  });

  it('makes a file and shows it as a change', async () => {
    await workbench.expandRow('Files', view);
    await workbench.chooseFromContextMenu(workbench.row('etc', view), 'New File in Container…');
    await workbench.quickInput.fill('../motd');
    await workbench.page.locator('.quick-input-message', { hasText: 'no names of files' }).waitFor();
    await workbench.answer('fresh.conf');
    await workbench.tab('fresh.conf').waitFor();
    await waitForRow(/^fresh\.conf {2}added · 0 B$/);
    await waitForRow(/^Changes {2}1 · 0 B in the writable layer$/);
  });

  it('gives it another mode, and refuses what is none', async () => {
    await workbench.chooseFromContextMenu(workbench.row('fresh.conf', view), 'Change Mode…');
    await proposed('0644');
    await workbench.quickInput.fill('888');
    await workbench.page.locator('.quick-input-message', { hasText: 'octal digits' }).waitFor();
    await workbench.answer('0600');
    await workbench.quickInput.waitFor({ state: 'hidden' });
    await workbench.chooseFromContextMenu(workbench.row('fresh.conf', view), 'Change Mode…');
    await proposed('0600');
    await workbench.page.keyboard.press('Escape');
  });

  it('gives it another name by the keyboard, and its tab goes with it', async () => {
    await workbench.clickRow('fresh.conf', view);
    await workbench.page.keyboard.press('F2');
    await proposed('fresh.conf');
    await workbench.answer('renamed.conf');
    await waitForRow(/^renamed\.conf {2}added/);
    await workbench.tab('renamed.conf').waitFor();
  });

  it('copies a file of this machine in, and asks before it replaces one', async () => {
    const file = join(lamina.workspace, 'renamed.conf');
    writeFileSync(file, 'from outside\n');
    // The first one of this name is among the changes.
    const folder = view.locator('.monaco-list-row', { hasText: /^etc/ }).last();
    await workbench.chooseFromContextMenu(folder, 'Copy into Container…');
    await workbench.pick('Files…');
    await workbench.pick('renamed.conf');
    await workbench.dialog().getByText('renamed.conf is already in /etc. Replace it?').waitFor();
    await workbench.dialog().getByRole('button', { name: 'Replace' }).click();
    await waitForRow(/^renamed\.conf {2}added · 13 B$/);
  });

  it('deletes it by the keyboard once that is confirmed', async () => {
    await workbench.clickRow('renamed.conf', view);
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog().getByText('Delete /etc/renamed.conf in hello-nginx-1?').waitFor();
    await workbench.dialog().getByRole('button', { name: 'Delete' }).click();
    await workbench.row('Nothing was changed yet.', view).waitFor();
  });

  it('gives the container another name', async () => {
    await workbench.clickRow('hello-nginx-1', view);
    await workbench.page.keyboard.press('F2');
    await proposed('hello-nginx-1');
    await workbench.quickInput.fill('-site');
    await workbench.page.locator('.quick-input-message', { hasText: 'begins with a letter' }).waitFor();
    await workbench.answer('site');
    await workbench.row('site', view).waitFor();
  });

  it('removes containers once what is lost was read', async () => {
    await workbench.chooseFromContextMenu(workbench.row('site', view), 'Remove Container…');
    const dialog = workbench.dialog();
    await dialog.getByText('Remove the container site?').waitFor();
    await dialog.getByText('Nothing was changed in it.').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await view.getByRole('button', { name: 'Create a Container…' }).waitFor();
  });

  /** Waits for an input box that comes with a proposal. */
  async function proposed(value: string): Promise<void> {
    await workbench.quickInput.waitFor();
    while ((await workbench.quickInput.inputValue()) !== value) await workbench.page.waitForTimeout(100);
  }

  async function waitForRow(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 20_000;
    for (;;) {
      const rows = await workbench.rows(view);
      if (rows.some((row) => pattern.test(row))) return;
      if (Date.now() > endMs) assert.fail(`${String(pattern)} is not in\n${rows.join('\n')}`);
      await workbench.page.waitForTimeout(200);
    }
  }
});
