// The browser that shows the served VS Code. Playwright's own downloads are not used.
import { canInstallPackages, findProgram, installDebianPackages } from './programs.mjs';
import { MissingComponent } from './missing.mjs';
import { existsSync } from 'node:fs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Without a GPU and without a word to any server but the one under test. */
export const chromiumFlags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** @returns {Promise<string>} the program */
export async function ensureChromium() {
  const found = find();
  if (found) return found;
  if (canInstallPackages) await installDebianPackages(['chromium', 'fonts-dejavu-core']);
  const installed = find();
  if (installed) return installed;
  throw new MissingComponent(
    'Chromium',
    'no Chromium or Chrome found; set LAMINA_TEST_BROWSER or install one',
  );
}

function find() {
  const chosen = process.env['LAMINA_TEST_BROWSER'];
  if (chosen) return chosen;
  return names.map(findProgram).find(Boolean) ?? applications.find((path) => existsSync(path));
}
