// A VS Code without a desktop: the full workbench in a browser, with a real Node extension host, as the npm
// package `code-server` carries it. Tests start its inner server, because only that one knows
// `--enable-smoke-test-driver`, without which a page cannot name an extension or a tests module.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { URLSearchParams } from 'node:url';
import { cached } from './cache.mjs';
import { findNodeGyp, node24, node24Environment, quietNpm } from './nodes.mjs';
import { freePort } from './ports.mjs';
import { canInstallPackages, installDebianPackages } from './programs.mjs';
import { run, startService } from './processes.mjs';
import { saying } from './say.mjs';

const codeServer = 'code-server@4.139.1';

/** Without these two the extension host does not start; both are N-API, so that Node's version does not matter. */
const nativeModules = ['@vscode/spdlog', '@vscode/native-watchdog'];

/** @returns {Promise<string>} the folder of code-server */
export async function installServedVsCode() {
  const folder = await cached(codeServer.replace('@', '-'), (place) =>
    saying(`installing the served VS Code (${codeServer})`, () => install(place)),
  );
  return codeServerIn(folder);
}

/** @param {string} place */
async function install(place) {
  if (canInstallPackages) await installDebianPackages(['make', 'g++', 'python3']);
  const env = node24Environment();
  const npmInstall = ['install', '--ignore-scripts', ...quietNpm];
  await run('npm', [...npmInstall, '--prefix', place, codeServer], { cwd: place, env });
  const vsCode = join(codeServerIn(place), 'lib', 'vscode');
  // `npm ci` refuses here: the lock of the package is not in step.
  await run('npm', [...npmInstall, '--omit=dev'], { cwd: vsCode, env });
  for (const name of nativeModules) await compile(join(vsCode, 'node_modules', name), env);
}

/** @param {string} folder @param {NodeJS.ProcessEnv} env */
async function compile(folder, env) {
  const headers = existsSync('/usr/include/node/node_api.h') ? ['--nodedir=/usr'] : [];
  await run(node24, [findNodeGyp(), 'rebuild', ...headers], { cwd: folder, env });
}

/** @param {string} folder */
function codeServerIn(folder) {
  return join(folder, 'node_modules', 'code-server');
}

/**
 * @typedef {object} ServedVsCode
 * @property {number} port
 * @property {string} log
 * @property {(query: Query) => string} address of a page
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Query what a page opens
 * @property {string} [folder] an absolute path; without it no folder is open
 * @property {string} [extension] the folder of an extension under development
 * @property {string} [tests] the module whose `run()` the extension host calls
 */

/** Nothing that asks, suggests or covers what a test looks at. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

/**
 * Starts the inner server with its data in `folder`, which the caller removes. With a `vsix` the extension is
 * installed; without one, a page names an extension under development.
 * @param {{ folder: string, vsix?: string, env?: NodeJS.ProcessEnv, settings?: Record<string, unknown>,
 *   isRestricted?: boolean }} options `isRestricted` leaves folders untrusted until a person trusts them
 * @returns {Promise<ServedVsCode>}
 */
export async function startServedVsCode({ folder, vsix, env = {}, settings = {}, isRestricted = false }) {
  const main = join(await installServedVsCode(), 'lib', 'vscode', 'out', 'server-main.js');
  const userData = join(folder, 'user-data');
  await mkdir(join(userData, 'Machine'), { recursive: true });
  await writeFile(
    join(userData, 'Machine', 'settings.json'),
    JSON.stringify({ ...quietSettings, ...settings }),
  );
  const data = [
    ...['--user-data-dir', userData, '--server-data-dir', join(folder, 'server-data')],
    ...['--extensions-dir', join(folder, 'extensions')],
  ];
  const common = [main, '--accept-server-license-terms', '--disable-telemetry', ...data];
  const environment = node24Environment(env);
  const install = [...common, '--install-extension'];
  if (vsix) await run(node24, [...install, vsix], { env: environment, timeoutMs: 120_000 });

  const port = await freePort();
  const service = await startService(
    node24,
    [
      ...common,
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      '--enable-smoke-test-driver',
      ...(isRestricted ? [] : ['--disable-workspace-trust']),
    ],
    {
      env: environment,
      log: join(folder, 'server.log'),
      isReady: (output) => output.includes('Web UI available at'),
    },
  );
  return {
    port,
    log: service.log,
    address: (query) => address(port, query),
    stop: () => service.stop(),
  };
}

/**
 * @param {string} userData the folder of a VS Code that is not running
 * @param {Record<string, unknown>} [settings]
 */
export async function writeMachineSettings(userData, settings = {}) {
  await mkdir(join(userData, 'Machine'), { recursive: true });
  const text = JSON.stringify({ ...quietSettings, ...settings }, null, 2);
  await writeFile(join(userData, 'Machine', 'settings.json'), text);
}

/** @param {number} port @param {Query} query */
function address(port, { folder, extension, tests }) {
  const remote = `vscode-remote://127.0.0.1:${port}`;
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  if (extension) payload.push(['extensionDevelopmentPath', remote + extension]);
  if (tests) payload.push(['extensionTestsPath', remote + tests]);
  const query = new URLSearchParams({ payload: JSON.stringify(payload) });
  if (folder) query.set('folder', folder);
  else query.set('ew', 'true');
  return `http://127.0.0.1:${port}/?${query}`;
}
