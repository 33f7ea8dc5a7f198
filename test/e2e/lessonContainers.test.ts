import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { repoRoot } from '../machine/repository.mjs';
import { tempDir } from '../support/tempDir.ts';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');
const pictures = join(repoRoot, 'test-results');
const folders = ['usr', 'share', 'nginx', 'html'];

// The lesson of containers from its first step to its last, in one window, with nothing prepared.
describe('the lesson of containers, as a person', () => {
  const store = tempDir().path;
  let lamina: OpenLamina;
  let workbench: Workbench;
  let images: Locator;
  let containers: Locator;
  let blobs: readonly string[];
  before(async function () {
    mkdirSync(pictures, { recursive: true });
    lamina = await openLaminaOrSkip(this, { env: { LAMINA_STORE: store, LAMINA_OPEN: sample } });
    workbench = lamina.workbench;
    await workbench.openActivity('Lamina');
    await workbench.row('Files').waitFor();
    images = workbench.view('Images');
    containers = workbench.view('Containers');
    await workbench.expandView('Containers');
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('makes two containers of hello-nginx, which copies nothing', async () => {
    await create('hello-nginx:latest', 'web-1', { isImported: true });
    blobs = blobsOf(store);
    await create('hello-nginx:latest', 'web-2', { isImported: false });
    assert.deepEqual(blobsOf(store), blobs);
    await foldImages();
    await picture('two-containers');
  });

  it('edits index.html in the first, and says that it was copied up', async () => {
    await openPage('web-1');
    await workbench.page.locator('.editor-instance .view-lines').last().click();
    await workbench.page.keyboard.press('Control+Home');
    await workbench.page.keyboard.type('<!-- edited in a container -->');
    await workbench.page.keyboard.press('Control+S');
    await workbench.page.locator('.statusbar-item', { hasText: /Copied up from layer 6/ }).waitFor();
    await picture('copied-up');
  });

  it('leaves the second and the image as they are', async () => {
    await workbench.closeAllEditors();
    await foldContainer('web-1');
    await openPage('web-2');
    assert.doesNotMatch(await workbench.editorText(), /edited in a container/);
    await foldContainer('web-2');
    assert.deepEqual(blobsOf(store), blobs);
  });

  it('has one file in the writable layer of the first, and says why it is listed', async () => {
    await workbench.expandRow('web-1', containers);
    await workbench.expandRow('Changes', containers);
    for (const name of folders) await workbench.expandRow(name, containers);
    await waitForRow(containers, /^index\.html {2}.*content/);
    await waitForRow(containers, /^Changes {2}1 /);
    await picture('changes');
  });

  it('prints what docker diff would', async () => {
    await workbench.chooseFromContextMenu(workbench.row('web-1', containers), 'List Changes');
    await workbench.page.locator('.view-line', { hasText: 'index.html' }).first().waitFor();
    const letters = (await workbench.editorText()).match(/^[ACD] \/\S+/gm);
    const paths = ['/usr', '/usr/share', '/usr/share/nginx', '/usr/share/nginx/html'];
    assert.deepEqual(
      letters,
      [...paths, '/usr/share/nginx/html/index.html'].map((path) => `C ${path}`),
    );
    await workbench.closeAllEditors();
  });

  it('compares the file with the image’s', async () => {
    await workbench.clickRow('index.html', containers);
    await workbench.tab('index.html (image ↔ container web-1)').waitFor();
    await workbench.page.locator('.line-insert, .line-delete').first().waitFor();
    await picture('diff');
  });

  it('shows the file three times, the writable layer’s on top', async () => {
    await workbench.runCommand('Lamina: Show File’s Layers');
    await workbench.quickPickItem(/Container web-1/).waitFor();
    const labels = await workbench.quickPickLabels();
    assert.equal(labels.length, 3);
    assert.match(labels[0] ?? '', /^Container web-1: modified \(content/);
    assert.match(labels[1] ?? '', /^Layer 6: modified \(content/);
    assert.match(labels[2] ?? '', /^Layer 1: added/);
    await picture('file-layers');
    await workbench.pick(/Layer 1: added/);
    await workbench.page.locator('.view-line', { hasText: 'Welcome to nginx!' }).first().waitFor();
    await workbench.closeAllEditors();
  });

  it('commits the first: the new image has one layer more, and shares the others', async () => {
    await workbench.chooseFromContextMenu(workbench.row('web-1', containers), 'Commit Container…');
    await chooseLine(/^Name/);
    await workbench.answer('edited-nginx:1');
    await chooseLine(/^Message/);
    await workbench.answer('Greet from the container');
    await workbench.quickPickItem(/Message.*Greet/).waitFor();
    await picture('commit');
    await workbench.pick(/Commit.*1 new layer/);
    await images.locator('.monaco-list-row.selected', { hasText: /^7/ }).waitFor();
    await workbench.readNotification(/edited-nginx:1: 1 new layer · .* · 7 layers shared/);
    await waitForRow(images, /^edited-nginx:1 {2}.*8 layers/);
    await picture('committed');
    const added = blobsOf(store).filter((blob) => !blobs.includes(blob));
    // The layer, the config and the manifest; all that was there is there, and what it was.
    assert.equal(added.length, 3);
    assert.deepEqual(
      blobs.filter((blob) => !blobsOf(store).includes(blob)),
      [],
    );
  });

  it('shares the base alone with a third, of another image', async () => {
    await create('pre-config-nginx:latest', 'web-3', { isImported: true });
    await workbench.expandView('Layers');
    await foldImages();
    const layers = workbench.view('Layers');
    await layers.locator('.monaco-list-row').first().waitFor();
    const shared = await layersOf(layers);
    // hello-nginx, config-nginx and pre-config-nginx of the sample and of the store, and what was committed.
    assert.ok(
      shared.base.every((count) => count > shared.hello),
      JSON.stringify(shared),
    );
    await picture('third');
  });

  /** @param options whether the image has to be taken into the store first. */
  async function create(
    image: string,
    name: string,
    { isImported }: { readonly isImported: boolean },
  ): Promise<void> {
    await workbench.chooseFromContextMenu(workbench.row(image, images), 'Create Container…');
    if (isImported) await workbench.dialog().getByRole('button', { name: 'Import and Create' }).click();
    await workbench.quickInput.waitFor();
    while (!(await workbench.quickInput.inputValue()).includes('nginx'))
      await workbench.page.waitForTimeout(100);
    await workbench.answer(name);
    await workbench.row(name, containers).waitFor();
    await workbench.readNotification(new RegExp(`Created ${name}. Nothing was copied: it shares`));
  }

  /** Opens a line of the form: another input takes its place. */
  async function chooseLine(line: RegExp): Promise<void> {
    await workbench.pick(line);
    await workbench.quickPickItem(/Commit.*1 new layer/).waitFor({ state: 'hidden' });
  }

  async function foldImages(): Promise<void> {
    const header = images.locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'true') await header.locator('h3').click();
  }

  async function openPage(container: string): Promise<void> {
    await workbench.expandRow(container, containers);
    await workbench.expandRow('Files', containers);
    for (const name of folders) await workbench.expandRow(name, containers);
    await workbench.clickRow('index.html', containers);
    await workbench.tab(/index\.html/).waitFor();
    await workbench.page.locator('.view-line', { hasText: /html/ }).first().waitFor();
  }

  async function foldContainer(name: string): Promise<void> {
    await workbench.foldRow(name, containers);
  }

  async function picture(name: string): Promise<void> {
    await workbench.settled();
    await workbench.screenshot(join(pictures, `lesson-${name}.png`));
  }

  async function waitForRow(view: Locator, pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 30_000;
    for (;;) {
      const rows = await workbench.rows(view);
      if (rows.some((row) => pattern.test(row))) return;
      if (Date.now() > endMs) assert.fail(`${String(pattern)} is not in\n${rows.join('\n')}`);
      await workbench.page.waitForTimeout(200);
    }
  }

  /** How many images have each layer of the base, and hello-nginx's own. */
  async function layersOf(
    view: Locator,
  ): Promise<{ readonly base: readonly number[]; readonly hello: number }> {
    const rows = await workbench.rows(view);
    const counts = rows.map((row) => Number(/(\d+) images/.exec(row)?.[1] ?? '1'));
    return { base: counts.slice(0, 6), hello: Math.min(...counts) };
  }
});

/** Every blob of a store by its name, with the hash of what it holds. */
function blobsOf(store: string): readonly string[] {
  const folder = join(store, 'blobs', 'sha256');
  return readdirSync(folder).map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    assert.equal(hash, name);
    return name;
  });
}
