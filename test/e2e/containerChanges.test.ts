import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { createEngine, silentLogger } from '../../src/engine/index.ts';
import { repoRoot } from '../machine/repository.mjs';
import { tempDir } from '../support/tempDir.ts';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');
const folders = ['usr', 'share', 'nginx', 'html'];

describe('what a container changed, as a person', () => {
  let lamina: OpenLamina;
  let workbench: Workbench;
  let view: Locator;
  before(async function () {
    const store = tempDir().path;
    await makeContainer(store);
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_STORE: store } });
    workbench = lamina.workbench;
    await workbench.openActivity('Lamina');
    await workbench.expandView('Containers');
    view = workbench.view('Containers');
    await workbench.row('web-1', view).waitFor();
    await foldImages();
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('edits the page, and sees the change with its reason', async () => {
    await workbench.expandRow('web-1', view);
    await workbench.expandRow('Files', view);
    for (const name of folders) await workbench.expandRow(name, view);
    await workbench.clickRow('index.html', view);
    await workbench.tab('index.html').waitFor();
    await workbench.page.locator('.view-line').first().click();
    await workbench.page.keyboard.type('mine ');
    await workbench.page.keyboard.press('Control+S');
    await workbench.expandRow('Changes', view);
    await workbench.row(/^index\.html$/, view).waitFor();
    await waitForRow(/^index\.html {2}.*content/);
  });

  it('compares it with the image', async () => {
    await workbench.runCommand('Lamina: Compare with Image');
    await workbench.tab('index.html (image ↔ container web-1)').waitFor();
    await workbench.page.locator('.line-insert, .line-delete').first().waitFor();
  });

  it('shows the writable layer above the image’s', async () => {
    await workbench.runCommand('Lamina: Show File’s Layers');
    await workbench.quickPickItem(/Container web-1/).waitFor();
    const labels = await workbench.quickPickLabels();
    assert.match(labels[0] ?? '', /^Container web-1: modified \(content/);
    assert.match(labels[1] ?? '', /^Layer 6: modified \(content/);
    assert.match(labels[2] ?? '', /^Layer 1: added/);
    await workbench.page.keyboard.press('Escape');
  });

  it('commits it, and selects the new layer of the new image', async () => {
    await workbench.runCommand('Lamina: Commit Container…');
    await workbench.quickPickItem(/Commit.*1 new layer/).waitFor();
    await chooseLine(/^Message/);
    await workbench.answer('my own page');
    await workbench.quickPickItem(/Message.*my own page/).waitFor();
    await chooseLine(/^EXPOSE/);
    await workbench.quickInput.fill('80 http');
    await workbench.page.locator('.quick-input-message', { hasText: 'EXPOSE looks like' }).waitFor();
    await workbench.answer('80 8080');
    await workbench.quickPickItem(/EXPOSE.*8080.*changed/).waitFor();
    await workbench.pick(/Commit.*1 new layer/);
    const images = workbench.view('Images');
    await images.locator('.monaco-list-row.selected', { hasText: /^7/ }).waitFor();
    await workbench.readNotification(/web-1:latest: 1 new layer · .* · 7 layers shared/);
    await workbench.expandRow(/^7/, images);
    await workbench.row('usr', images).waitFor();
    await foldImages();
  });

  it('reverts the file', async () => {
    await workbench.closeAllEditors();
    await workbench.runCommand('Lamina: Revert File');
    await workbench.pick('/usr/share/nginx/html/index.html');
    await workbench.row('Nothing was changed yet.', view).waitFor();
  });

  it('follows the container in Source Control', async () => {
    await workbench.clickRow('index.html', view);
    await workbench.tab('index.html').waitFor();
    await workbench.page.locator('.view-line').first().click();
    await workbench.page.keyboard.type('again ');
    await workbench.page.keyboard.press('Control+S');
    await workbench.chooseFromContextMenu(workbench.row('web-1', view), 'Track in Source Control');
    await workbench.row('index.html').waitFor();
    const marks = await workbench.row('index.html').getAttribute('aria-label');
    assert.match(marks ?? '', /content/);
    await workbench.clickRow('index.html');
    await workbench.tab('index.html (image ↔ container web-1)').waitFor();
  });

  /** Opens a line of the form: another input takes its place. */
  async function chooseLine(line: RegExp): Promise<void> {
    await workbench.pick(line);
    await workbench.quickPickItem(/Commit.*1 new layer/).waitFor({ state: 'hidden' });
  }

  /** The view Containers has the side bar to itself then. */
  async function foldImages(): Promise<void> {
    await workbench.page.locator('.pane-header', { hasText: 'Images' }).locator('h3').click();
  }

  /** Rows show what is known; what became of a file is known a moment later. */
  async function waitForRow(pattern: RegExp): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if ((await workbench.rows(view)).some((row) => pattern.test(row))) return;
      await workbench.page.waitForTimeout(100);
    }
    assert.fail(`waited for ${String(pattern)} in\n${(await workbench.rows(view)).join('\n')}`);
  }
});

/** A store with the lesson's image in it, and a container of that. */
async function makeContainer(storeDirectory: string): Promise<void> {
  await using engine = createEngine({ log: silentLogger, storeDirectory, bundles: join(repoRoot, 'dist') });
  const source = await engine.open(sample);
  const entry = (await source.list()).find(({ names }) =>
    names.some((name) => name.includes('/hello-nginx')),
  );
  assert.ok(entry !== undefined, 'the sample has the image');
  const [imageName] = entry.names;
  assert.ok(imageName !== undefined);
  await engine.store.import(source, entry, imageName);
  const stored = await engine.store.source();
  const [image] = await stored.list();
  const manifest = image?.variants[0]?.manifest?.digest;
  assert.ok(manifest !== undefined, 'the store has its manifest');
  await engine.containers.create({ manifest, imageName, name: 'web-1' });
}
