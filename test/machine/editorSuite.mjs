// Runs the suites of `test/editor` inside a real extension host: that of a desktop VS Code where one can be
// downloaded and shown, else that of the served VS Code. The results come through a file, so that they survive
// a crash of the host; everything else has a limit of time.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildEditorTests } from './editorTestBundle.mjs';
import { launchBrowser, newPage } from './browser.mjs';
import { canRunDesktopVsCode, runInDesktopVsCode } from './desktopVsCode.mjs';
import { readTally, showResults } from './results.mjs';
import { repoRoot } from './repository.mjs';
import { startEditorEngines } from './editorEngines.mjs';
import { say } from './say.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';
import { startServedVsCode } from './servedVsCode.mjs';

/**
 * @typedef {object} HostRun
 * @property {string} folder for the data of VS Code
 * @property {string} workspace the folder that is open, empty at first
 * @property {string} tests the module whose `run()` the host calls
 * @property {NodeJS.ProcessEnv} env of the extension host
 * @property {number} timeoutMs
 */

/**
 * @param {{ timeoutMs: number, grep?: string | undefined, version?: string, env?: NodeJS.ProcessEnv,
 *   withEngines?: boolean }} options
 *   `version` asks for a desktop VS Code of that version; `withEngines` for real Docker Engines beside it
 * @returns {Promise<import('./results.mjs').Tally>}
 */
export async function runEditorSuite({ timeoutMs, grep, version, env, withEngines }) {
  const folder = makeScratchFolder('editor');
  const results = join(folder, 'results.jsonl');
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  const engines = withEngines ? await startEditorEngines() : undefined;
  const hostEnv = {
    ...env,
    ...engines?.env,
    LAMINA_TEST_RESULTS: results,
    LAMINA_STORE: join(folder, 'store'),
    ...(grep && { LAMINA_TEST_GREP: grep }),
  };
  try {
    const tests = await buildEditorTests(join(folder, 'tests'));
    /** @type {HostRun} */
    const hostRun = { folder, workspace, tests, env: hostEnv, timeoutMs };
    const desktop = version ?? ((await canRunDesktopVsCode()) ? 'stable' : undefined);
    say(
      desktop
        ? `in the extension host of a desktop VS Code (${desktop})`
        : 'in the extension host of the served VS Code',
    );
    const ending = desktop ? await runInDesktopVsCode(desktop, hostRun) : await runInServedVsCode(hostRun);
    showResults(results);
    return readTally(results, { ending, endedItself: true, mayBeEmpty: grep !== undefined });
  } finally {
    await engines?.stop();
    removeScratchFolder(folder);
  }
}

/**
 * @param {HostRun} hostRun
 * @returns {Promise<string>} how it ended
 */
async function runInServedVsCode({ folder, workspace, tests, env, timeoutMs }) {
  const server = await startServedVsCode({ folder: join(folder, 'vscode'), env });
  const browser = await launchBrowser();
  try {
    const page = await newPage(browser);
    /** @type {Promise<string>} */
    const exit = new Promise((resolve) => {
      const end = (/** @type {number} */ code) => resolve(`the extension host ended with code ${code}`);
      void page.exposeFunction('codeAutomationExit', end);
      setTimeout(resolve, timeoutMs, `stopped after ${timeoutMs} ms`).unref();
      page.on('crash', () => resolve('the page crashed'));
    });
    await page.exposeFunction('codeAutomationLog', logFromHost);
    await page.goto(server.address({ folder: workspace, extension: repoRoot, tests }), {
      timeout: timeoutMs,
    });
    return await exit;
  } finally {
    await browser.close();
    await server.stop();
  }
}

/**
 * What the extension host prints arrives as its console calls.
 * @param {string} type @param {readonly unknown[]} args
 */
function logFromHost(type, args) {
  if (process.env['LAMINA_TEST_VERBOSE']) console.log(`      [host] ${type}: ${args.join(' ')}`);
}
