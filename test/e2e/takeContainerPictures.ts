// Takes the README's picture of a container, in a dark and a light theme, into media/screenshots; needs no engine:
//   npm run package && node test/e2e/takeContainerPictures.ts
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { openLamina } from './lamina.ts';

const folder = join(repoRoot, 'media', 'screenshots');
const themes = { dark: 'Dark Modern', light: 'Light Modern' } as const;
const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');

const lamina = await openLamina({ env: { LAMINA_OPEN: sample } });
const { workbench } = lamina;
const { page } = workbench;
try {
  mkdirSync(folder, { recursive: true });
  await page.setViewportSize({ width: 1440, height: 760 });
  await workbench.openActivity('Lamina');
  await workbench.row('Files').waitFor();
  await workbench.expandView('Containers');
  await create();
  await edit();
  for (const [look, theme] of Object.entries(themes)) {
    await workbench.setTheme(theme);
    await page.mouse.move(900, 700);
    await workbench.settled();
    await workbench.screenshot(join(folder, `container-${look}.png`));
  }
} finally {
  await lamina.close();
}

async function create(): Promise<void> {
  await workbench.chooseFromContextMenu(workbench.row('hello-nginx:latest'), 'Create Container…');
  await workbench.dialog().getByRole('button', { name: 'Import and Create' }).click();
  await workbench.quickInput.waitFor();
  while (!(await workbench.quickInput.inputValue()).includes('nginx')) await page.waitForTimeout(100);
  await workbench.answer('web-1');
  await workbench.row('web-1', workbench.view('Containers')).waitFor();
  await workbench.runCommand('Notifications: Clear All Notifications');
  await page.locator('.pane-header', { hasText: 'Images' }).locator('h3').click();
}

/** Changes the page, and shows it beside the image's. */
async function edit(): Promise<void> {
  const containers = workbench.view('Containers');
  await workbench.expandRow('web-1', containers);
  await workbench.runCommand('Lamina: Go to Path in Container…');
  await workbench.quickPickItem('usr').waitFor();
  await workbench.answer('/usr/share/nginx/html/index.html');
  await workbench.tab(/index\.html/).waitFor();
  const heading = page.locator('.view-line', { hasText: '<h1>' }).first();
  await heading.click();
  await page.keyboard.press('End');
  await page.keyboard.type('\n<p>And this line is in the container only.</p>');
  await page.keyboard.press('Control+S');
  await page.locator('.statusbar-item', { hasText: /Copied up from layer 6/ }).waitFor();
  await workbench.expandRow('Changes', containers);
  await workbench.expandRow('Files', containers);
  await workbench.runCommand('Lamina: Compare with Image');
  await page.locator('.line-insert').first().waitFor();
}
