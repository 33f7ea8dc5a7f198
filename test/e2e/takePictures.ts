// Takes the pictures of the README from the bundled sample, in a dark and a light theme, into media/screenshots:
//   npm run package && node test/e2e/takePictures.ts
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { openLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const folder = join(repoRoot, 'media', 'screenshots');
const themes = { dark: 'Dark Modern', light: 'Light Modern' } as const;

// A folder whose name may be seen.
const workspace = join(tmpdir(), 'images');
mkdirSync(workspace, { recursive: true });
copyFileSync(join(repoRoot, 'media', 'sample', 'nginx-lesson.tar'), join(workspace, 'nginx-lesson.tar'));

const lamina = await openLamina({ workspace });
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
  }
} finally {
  await lamina.close();
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
