// The Chromium that shows the served VS Code, driven through playwright-core.
import { chromiumFlags, ensureChromium } from './chromium.mjs';

/**
 * @typedef {import('playwright-core').Browser} Browser
 * @typedef {import('playwright-core').Page} Page
 */

/** @returns {Promise<Browser>} */
export async function launchBrowser() {
  const executablePath = await ensureChromium();
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: chromiumFlags, timeout: 60_000 });
}

/**
 * A page of a context of its own, so that nothing is remembered from one page to the next.
 * @param {Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @returns {Promise<Page>}
 */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}
