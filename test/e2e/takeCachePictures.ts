// Takes the README's pictures of the build cache on the lesson's Dockerfiles, in a dark and a light theme, into
// media/screenshots:
//   npm run package && node test/e2e/takeCachePictures.ts
import { appendFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import { ensureLessonImages } from '../machine/lessonImages.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { openLamina } from './lamina.ts';
import { buildLessonBase, writeLessonFolder } from './lessonDockerfiles.ts';

const folder = join(repoRoot, 'media', 'screenshots');
const themes = { dark: 'Dark Modern', light: 'Light Modern' } as const;

const engine = await startDocker29({ store: 'containerd' });
await ensureLessonImages(engine);
await buildLessonBase(engine);
const workspace = writeLessonFolder();
const { DOCKER_CONFIG, PATH } = engine.env;
// A place whose name may be seen.
const socket = join(mkdtempSync(join(tmpdir(), 'run-')), 'docker.sock');
symlinkSync(engine.socket, socket);
const lamina = await openLamina({ workspace, env: { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG, PATH } });
const { workbench } = lamina;
const { page } = workbench;
try {
  mkdirSync(folder, { recursive: true });
  await open('python', 'Dockerfile');
  await workbench.runCommand('Lamina: Change How It Is Built…');
  await workbench.pick('Network');
  await workbench.pick('host');
  await lens(/^\W*Build$/).click();
  await workbench.quickInput.waitFor();
  await page.waitForTimeout(500);
  await workbench.answer('python-app:latest');
  await workbench.quickInput.waitFor({ state: 'hidden' });
  await lens(/3 of 3 steps cached/).waitFor({ timeout: 90_000 });
  await workbench.readNotification(/Built /);
  appendFileSync(join(workspace, 'python', 'app.py'), '# one more line\n');
  await lens(/rebuilds: app\.py changed/).waitFor({ timeout: 60_000 });
  await page.locator('.squiggly-info').first().waitFor({ timeout: 60_000 });
  for (const [look, theme] of Object.entries(themes)) {
    await workbench.setTheme(theme);
    await takeLenses(look);
    await takeReport(look);
  }
} finally {
  await lamina.close();
  await engine.stop();
}

/** With the hover of the step that is made again for the file. */
async function takeLenses(look: string): Promise<void> {
  await page.locator('.view-line', { hasText: 'RUN' }).locator('span', { hasText: 'RUN' }).last().hover();
  await page.locator('.monaco-hover', { hasText: 'step above' }).first().waitFor();
  await page.waitForTimeout(2000);
  await workbench.screenshot(join(folder, `build-cache-${look}.png`));
  await page.keyboard.press('Escape');
}

async function takeReport(look: string): Promise<void> {
  await workbench.runCommand('Lamina: Explain Build Cache');
  await page.locator('.view-line', { hasText: 'NEXT' }).first().waitFor();
  await workbench.settled();
  await workbench.screenshot(join(folder, `build-cache-page-${look}.png`));
  await workbench.runCommand('View: Close Editor');
}

async function open(directory: string, file: string): Promise<void> {
  await page.keyboard.press('Control+P');
  await workbench.quickInput.waitFor();
  await workbench.quickInput.fill(`${directory}/${file}`);
  await page.waitForTimeout(500);
  await workbench.quickPickItem(new RegExp(`^${file} ?${directory}`)).click();
  await page.locator('.codelens-decoration').first().waitFor();
}

function lens(text: RegExp): ReturnType<typeof page.locator> {
  return page.locator('.codelens-decoration a', { hasText: text }).first();
}
