// Starts the served VS Code with the packed extension, and shows it in Chromium.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, newPage } from '../machine/browser.mjs';
import { orSkip } from '../machine/missing.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { makeScratchFolder, removeScratchFolder } from '../machine/scratchFolder.mjs';
import { startServedVsCode } from '../machine/servedVsCode.mjs';
import { Workbench } from './workbench.ts';

export interface OpenLamina {
  readonly workbench: Workbench;
  /** The open folder, empty at first. Files that a test puts there appear in the Explorer. */
  readonly workspace: string;
  /** The log of the server that carries the extension host. */
  readonly log: string;
  /** Opens the same VS Code anew, as after closing and opening the window. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface LaminaOptions {
  /** The folder that is open, in place of an empty one. */
  readonly workspace?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly locale?: string;
  /** The folder is not trusted until a person trusts it. */
  readonly isRestricted?: boolean;
}

/** For a `before` hook: skips the suite when this machine has no browser. */
export async function openLaminaOrSkip(context: Mocha.Context, options?: LaminaOptions): Promise<OpenLamina> {
  return orSkip(context, () => openLamina(options));
}

export async function openLamina(options: LaminaOptions = {}): Promise<OpenLamina> {
  const vsix = process.env['LAMINA_VSIX'] ?? join(repoRoot, 'dist', 'lamina.vsix');
  const folder = makeScratchFolder('browser');
  const workspace = options.workspace ?? join(folder, 'workspace');
  mkdirSync(workspace, { recursive: true });
  const env = { LAMINA_STORE: join(folder, 'store'), ...options.env };
  const browser = await launchBrowser();
  const { isRestricted = false } = options;
  const server = await startServedVsCode({ folder: join(folder, 'vscode'), vsix, env, isRestricted });
  const page = await newPage(browser, {
    locale: options.locale ?? 'en-US',
    viewport: { width: 1280, height: 920 },
  });
  // A machine that has much to do needs more time for everything.
  const patienceMs = process.env['LAMINA_TEST_PATIENCE_MS'];
  if (patienceMs !== undefined) page.setDefaultTimeout(Number(patienceMs));
  const workbench = new Workbench(page);
  // On a machine that has much to do the first page takes its time.
  await page.goto(server.address({ folder: workspace }), { timeout: 120_000 });
  await workbench.ready();
  return {
    workbench,
    workspace,
    log: server.log,
    async reload() {
      await page.reload();
      await workbench.ready();
    },
    async close() {
      await browser.close();
      await server.stop();
      removeScratchFolder(folder);
    },
  };
}

/** For an `afterEach` hook: keeps a picture of what a failed test last showed. */
export async function keepPictureOfFailure(context: Mocha.Context, { workbench }: OpenLamina): Promise<void> {
  const test = context.currentTest;
  if (test?.state !== 'failed') return;
  const name = test.fullTitle().replace(/[^\w-]+/g, '-');
  mkdirSync(join(repoRoot, 'test-results'), { recursive: true });
  await workbench.screenshot(join(repoRoot, 'test-results', `${name}.png`));
}
