import assert from 'node:assert/strict';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const page = ['usr', 'share', 'nginx', 'html'];

describe('the lesson, as a person', () => {
  let lamina: OpenLamina;
  let workbench: Workbench;
  before(async function () {
    lamina = await openLaminaOrSkip(this, { workspace: join(repoRoot, 'media', 'sample') });
    workbench = lamina.workbench;
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('says what to do when nothing is open', async () => {
    await workbench.openActivity('Lamina');
    await workbench.sideBar
      .getByText('No image is open, and no container engine', { exact: false })
      .waitFor();
    await workbench.sideBar.locator('.monaco-button', { hasText: 'Open Image…' }).waitFor();
  });

  it('opens the sample', async () => {
    await workbench.sideBar.getByText('the sample images', { exact: true }).click();
    await workbench.row('hello-nginx:latest').waitFor();
    await waitForRow(/^hello-nginx.*269 kB/);
    const rows = await workbench.rows();
    assert.equal(rows[0], 'nginx-lesson.tar  sample');
    assert.match(rows.find((row) => row.startsWith('hello-nginx')) ?? '', /269 kB · 7 layers · linux\/amd64/);
    const layers = rows.filter((row) => /^\d+ {2}/.test(row));
    assert.match(layers[0] ?? '', /^0 {2}184 kB · # debian\.sh/);
    assert.match(layers[6] ?? '', /^6 {2}COPY {2}185 B · index\.html/);
    assert.ok(
      rows.some((row) => /^4 steps without a layer {2}ENTRYPOINT, EXPOSE, STOPSIGNAL, CMD/.test(row)),
    );
  });

  it('shows what a layer changed, removals too', async () => {
    await workbench.expandRow(/^1/);
    for (const name of ['usr', 'share', 'doc']) await workbench.expandRow(name);
    await workbench.row('tzdata').waitFor();
    const rows = await workbench.rows();
    assert.ok(rows.includes('tzdata  removed'), rows.join('\n'));
    const marks = await workbench.row('tzdata').getAttribute('aria-label');
    assert.match(marks ?? '', /Removed by this layer|removed/);
    await workbench.foldRow(/^1/);
  });

  it('opens a file of the union in a tab', async () => {
    await workbench.expandRow('Files');
    for (const name of page) await workbench.expandRow(name);
    await workbench.clickRow('index.html');
    await workbench.tab(/index\.html/).waitFor();
    assert.match(await workbench.editorText(), /Hello/i);
  });

  it('follows an overwritten file through its layers, and compares two versions', async () => {
    await workbench.runCommand('Lamina: Show File’s Layers');
    await workbench.quickPickItem(/Layer 6/).waitFor();
    const labels = await workbench.quickPickLabels();
    assert.equal(labels.length, 2);
    assert.match(labels[0] ?? '', /^Layer 6: modified \(content/);
    assert.match(labels[1] ?? '', /^Layer 1: added/);
    const first = workbench.quickPickItem(/Layer 6/);
    await first.hover();
    await first.getByRole('button', { name: 'Compare with the Version Below' }).click();
    await workbench.tab(/index\.html \(layer 5 ↔ layer 6\)/).waitFor();
    await workbench.page.locator('.diffEditor, .monaco-diff-editor').first().waitFor();
    await workbench.page.locator('.line-insert, .line-delete').first().waitFor();
  });

  it('opens an older version', async () => {
    await workbench.closeAllEditors();
    await workbench.clickRow('index.html');
    await workbench.tab(/index\.html/).waitFor();
    await workbench.runCommand('Lamina: Show File’s Layers');
    await workbench.pick(/Layer 1: added/);
    await workbench.page.locator('.view-line', { hasText: 'Welcome to nginx!' }).first().waitFor();
    await workbench.closeAllEditors();
  });

  it('finds a file by a pattern', async () => {
    await workbench.runCommand('Lamina: Find File in Image');
    await workbench.pick('hello-nginx:latest');
    await workbench.quickInput.fill('*.conf');
    await workbench.quickPickItem('nginx.conf').waitFor();
    assert.deepEqual(await workbench.quickPickLabels(), [
      'default.conf  /etc/nginx/conf.d  127 B',
      'nginx.conf  /etc/nginx  247 B',
    ]);
    await workbench.pick(/^nginx\.conf/);
    await workbench.tab(/nginx\.conf/).waitFor();
  });

  it('goes to a path that is typed', async () => {
    await workbench.runCommand('Lamina: Go to Path in Image');
    await workbench.pick('hello-nginx:latest');
    await workbench.quickInput.fill('/etc/os-r');
    await workbench.quickPickItem('os-release').waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.tab(/os-release/).waitFor();
    assert.match(await workbench.editorText(), /Debian/);
  });

  it('shows the history, and the layer of a row', async () => {
    await workbench.closeAllEditors();
    await workbench.runCommand('Lamina: Show History');
    await workbench.pick('hello-nginx:latest');
    await workbench.tab(/hello-nginx:latest\.image-history/).waitFor();
    const text = await workbench.editorText();
    assert.match(text, /^IMAGE +LAYER +CREATED +SIZE +CREATED BY/m);
    assert.match(text, /^<missing> +6 .* 185 B +COPY index\.html/m);
    assert.match(text, /^<missing> +2025-10-08 22:07:12 UTC +STOPSIGNAL SIGQUIT/m);
  });

  it('compares the histories of two images', async () => {
    await workbench.closeAllEditors();
    await workbench.clickRow('hello-nginx:latest');
    await workbench.page.keyboard.down('Control');
    await workbench.clickRow('config-nginx:latest');
    await workbench.page.keyboard.up('Control');
    await workbench.chooseFromContextMenu(workbench.row('config-nginx:latest'), 'Compare Histories…');
    await workbench.tab(/hello-nginx:latest ↔ config-nginx:latest/).waitFor();
    await workbench.page.locator('.line-insert').first().waitFor();
    await workbench.closeAllEditors();
  });

  it('lists every layer with the images that share it', async () => {
    await workbench.expandView('Layers');
    const view = workbench.view('Layers');
    await view.locator('.monaco-list-row', { hasText: '3 images' }).first().waitFor();
    const rows = await workbench.rows(view);
    assert.ok(
      rows.some((row) => row.includes('184 kB · 3 images')),
      rows.join('\n'),
    );
    await workbench.expandRow('Layer', view);
    await workbench.clickRow('config-nginx:latest', view);
    // It takes the focus when it is there.
    await workbench.view('Images').locator('.monaco-list-row.selected', { hasText: '# debian.sh' }).waitFor();
  });

  it('shows an archive as a page', async () => {
    await workbench.closeAllEditors();
    await workbench.openActivity('Explorer');
    await workbench.chooseFromContextMenu(workbench.row('nginx-lesson.tar'), 'Open With...');
    await workbench.pick(/Image Layers/);
    const frame = workbench.page.frameLocator('iframe.webview').frameLocator('iframe');
    await frame.getByRole('heading', { name: 'hello-nginx:latest', exact: true }).waitFor();
    await frame.getByRole('cell', { name: '83.8 kB' }).first().waitFor();
    const button = frame.getByRole('button', { name: 'Reveal in Images View' }).first();
    await button.focus();
    await workbench.page.keyboard.press('Enter');
    await workbench.row('hello-nginx:latest').waitFor();
  });

  it('remembers what is open, tabs of files too', async () => {
    await workbench.closeAllEditors();
    await workbench.runCommand('Lamina: Go to Path in Image');
    await workbench.pick('config-nginx:latest');
    await workbench.quickInput.fill('/etc/nginx/nginx.c');
    await workbench.quickPickItem('nginx.conf').waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.tab(/nginx\.conf/).dblclick();
    // A VS Code in a browser writes down every five seconds what is open.
    await workbench.page.waitForTimeout(7000);
    await lamina.reload();
    await workbench.page.locator('.view-line', { hasText: 'worker_processes' }).first().waitFor();
    await workbench.openActivity('Lamina');
    await workbench.row('nginx-lesson.tar').waitFor();
  });

  async function waitForRow(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 20_000;
    while (!(await workbench.rows()).some((row) => pattern.test(row))) {
      assert.ok(Date.now() < endMs, `waited for ${String(pattern)}`);
      await workbench.page.waitForTimeout(200);
    }
  }
});
