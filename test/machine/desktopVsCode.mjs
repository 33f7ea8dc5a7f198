// A desktop VS Code for the editor suites, through @vscode/test-electron. The download is refused on some
// machines, and there the served VS Code takes its place.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from './cache.mjs';
import { findProgram, isRoot } from './programs.mjs';
import { startService } from './processes.mjs';
import { repoRoot } from './repository.mjs';

const releases = 'https://update.code.visualstudio.com/api/releases/stable';

/**
 * Whether it can be downloaded and has, or can be given, a display. `LAMINA_TEST_EDITOR` (`desktop` or
 * `served`) decides instead.
 */
export async function canRunDesktopVsCode() {
  const chosen = process.env['LAMINA_TEST_EDITOR'];
  if (chosen) return chosen === 'desktop';
  return (hasDisplay() || findProgram('Xvfb') !== undefined) && (await canDownload());
}

export function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

function canDownload() {
  return fetch(releases, { signal: AbortSignal.timeout(10_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/**
 * @param {string} version such as `stable` or `1.101.0`
 * @param {import('./editorSuite.mjs').HostRun} hostRun
 * @returns {Promise<string>} how it ended
 */
export async function runInDesktopVsCode(version, { folder, workspace, tests, env, timeoutMs }) {
  const { downloadAndUnzipVSCode, runTests } = await import('@vscode/test-electron');
  const display = hasDisplay() ? undefined : await startDisplay(folder);
  try {
    const program = await downloadAndUnzipVSCode({ version, cachePath: join(cacheRoot, 'desktop') });
    const run = runTests({
      vscodeExecutablePath: program,
      extensionDevelopmentPath: repoRoot,
      extensionTestsPath: tests,
      extensionTestsEnv: { ...env, ...(display && { DISPLAY: display.name }) },
      launchArgs: [
        ...[
          workspace,
          '--user-data-dir',
          join(folder, 'user-data'),
          '--extensions-dir',
          join(folder, 'extensions'),
        ],
        ...[
          '--skip-welcome',
          '--skip-release-notes',
          '--disable-workspace-trust',
          '--disable-gpu',
          '--disable-telemetry',
        ],
        ...(isRoot ? ['--no-sandbox'] : []),
      ],
    }).then(
      (code) => `the desktop VS Code ended with code ${code}`,
      (error) => String(error),
    );
    return await Promise.race([run, tooLate(timeoutMs)]);
  } finally {
    await display?.stop();
  }
}

/** @param {number} ms @returns {Promise<string>} */
function tooLate(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms, `stopped after ${ms} ms`).unref());
}

/** @param {string} folder */
async function startDisplay(folder) {
  const number = 90 + (process.pid % 900);
  const name = `:${number}`;
  const service = await startService('Xvfb', [name, '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    log: join(folder, 'xvfb.log'),
    isReady: () => existsSync(`/tmp/.X11-unix/X${number}`),
  });
  return { name, stop: () => service.stop() };
}
