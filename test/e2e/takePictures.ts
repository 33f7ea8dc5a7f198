// Takes the pictures of the README from the bundled sample, and from a Docker Engine with the lesson's images, in a dark and a light
// theme, into media/screenshots:
//   npm run package && node test/e2e/takePictures.ts
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import { ensureLessonImages, lessonNames } from '../machine/lessonImages.mjs';
import { startRegistry } from '../machine/registry.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { openLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const folder = join(repoRoot, 'media', 'screenshots');
const themes = { dark: 'Dark Modern', light: 'Light Modern' } as const;

// A folder whose name may be seen.
const workspace = join(tmpdir(), 'images');
mkdirSync(workspace, { recursive: true });
copyFileSync(join(repoRoot, 'media', 'sample', 'nginx-lesson.tar'), join(workspace, 'nginx-lesson.tar'));

const engine = await startDocker29({ store: 'containerd' });
await ensureLessonImages(engine);
for (const [name, image] of [
  ['web', lessonNames.hello],
  ['web-2', lessonNames.hello],
  ['shop', lessonNames.config],
] as const)
  await engine.docker(['run', '-d', '--network=none', '--name', name, image]);
await engine.docker(['stop', 'shop']);
// A place whose name may be seen.
const socket = join(mkdtempSync(join(tmpdir(), 'run-')), 'docker.sock');
symlinkSync(engine.socket, socket);
const registry = await startRegistry();

const lamina = await openLamina({ workspace, env: { DOCKER_HOST: `unix://${socket}` } });
const { workbench } = lamina;
const { page } = workbench;
try {
  mkdirSync(folder, { recursive: true });
  await chooseTheme(workbench, themes.dark);
  await prepare();
  for (const [look, theme] of Object.entries(themes)) {
    await chooseTheme(workbench, theme);
    await takeLayers(look);
    await takeFileLayers(look);
    await takeHistory(look);
    await takePage(look);
    await takeSharing(look);
  }
  await push();
  for (const [look, theme] of Object.entries(themes)) {
    await chooseTheme(workbench, theme);
    await takeEngine(look);
  }
} finally {
  await lamina.close();
  await registry.stop();
  await engine.stop();
  rmSync(workspace, { recursive: true });
}

/** A wider side bar, and the sample unfolded to what a layer changed. */
async function prepare(): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 860 });
  await workbench.openActivity('Explorer');
  await workbench.chooseFromContextMenu(workbench.row('nginx-lesson.tar'), 'Open in Lamina');
  await workbench.row('hello-nginx:latest').waitFor();
  await widenSideBar(470);
  for (const row of [/^1/, 'usr', 'share', 'doc']) await workbench.expandRow(row);
}

async function takeLayers(look: string): Promise<void> {
  await workbench.closeAllEditors();
  await workbench.expandRow('etc');
  await workbench.row('passwd').hover();
  await workbench.row('passwd').getByRole('button', { name: 'Compare with Layer Below' }).click();
  await page.locator('.line-insert').first().waitFor();
  await take(`layers-${look}`);
}

async function takeFileLayers(look: string): Promise<void> {
  await workbench.closeAllEditors();
  await workbench.runCommand('Lamina: Go to Path in Image');
  await workbench.pick('pre-config-nginx:latest');
  await workbench.quickInput.fill('/etc/nginx/nginx.c');
  await workbench.quickPickItem('nginx.conf').waitFor();
  await page.keyboard.press('Enter');
  await workbench.tab(/nginx\.conf/).waitFor();
  await workbench.runCommand('Lamina: Show File’s Layers');
  await workbench.quickPickItem(/Layer 1: added/).waitFor();
  await take(`file-layers-${look}`);
  await page.keyboard.press('Escape');
}

async function takeHistory(look: string): Promise<void> {
  await workbench.closeAllEditors();
  await workbench.runCommand('Lamina: Show History');
  await workbench.pick(/^hello-nginx:latest/);
  await workbench.tab(/image-history/).waitFor();
  await page.locator('.view-line', { hasText: 'STOPSIGNAL' }).first().waitFor();
  await take(`history-${look}`);
}

async function takePage(look: string): Promise<void> {
  await workbench.closeAllEditors();
  await workbench.openActivity('Explorer');
  await workbench.chooseFromContextMenu(workbench.row('nginx-lesson.tar'), 'Open With...');
  await workbench.pick(/Image Layers/);
  const frame = page.frameLocator('iframe.webview').frameLocator('iframe');
  await frame.getByRole('cell', { name: '83.8 kB' }).first().waitFor();
  await workbench.openActivity('Lamina');
  await take(`page-${look}`);
}

async function takeSharing(look: string): Promise<void> {
  await workbench.closeAllEditors();
  await workbench.runCommand('Lamina: Show What Images Share…');
  for (const name of ['hello-nginx', 'config-nginx', 'pre-config-nginx']) {
    const label = page.locator('.label-name', { hasText: new RegExp(`^${name}:latest`) });
    await page.locator('.quick-input-widget .monaco-list-row').filter({ has: label }).first().click();
  }
  await page.keyboard.press('Enter');
  await workbench.tab(/Shared layers/).waitFor();
  await take(`sharing-${look}`);
}

/** The lesson's images in a registry, and one of them open there. */
async function push(): Promise<void> {
  await workbench.expandView('Registries');
  for (const name of ['hello-nginx', 'config-nginx']) {
    await workbench.runCommand('Lamina: Push…');
    await workbench.pick(new RegExp(`^${name}:latest`));
    await workbench.answer(`${registry.host}/lesson/${name}:1`);
    await workbench.row(`${name}:1`, workbench.view('Registries')).waitFor();
  }
  await workbench.expandRow('config-nginx:1', workbench.view('Registries'));
}

/** An engine's images, its containers, and what a push saved. */
async function takeEngine(look: string): Promise<void> {
  await workbench.closeAllEditors();
  const images = workbench.view('Images');
  await images.hover();
  await images.getByRole('button', { name: 'Collapse All' }).click();
  await workbench.expandRow(/^\s*Docker/, images);
  await workbench.expandRow(lessonNames.config, images);
  await take(`engine-${look}`);
}

async function take(name: string): Promise<void> {
  await page.mouse.move(900, 760);
  await workbench.settled();
  await workbench.screenshot(join(folder, `${name}.png`));
}

async function widenSideBar(width: number): Promise<void> {
  const box = await workbench.sideBar.boundingBox();
  if (box === null) throw new Error('the side bar is shown');
  await page.mouse.move(box.x + box.width + 2, 500);
  await page.mouse.down();
  await page.mouse.move(box.x + width, 500, { steps: 8 });
  await page.mouse.up();
}

/** The list of themes fills only after the window has started. */
async function chooseTheme(bench: Workbench, theme: string): Promise<void> {
  for (;;) {
    try {
      await bench.setTheme(theme);
      return;
    } catch {
      await page.keyboard.press('Escape');
    }
  }
}
