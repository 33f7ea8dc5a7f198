// What every script needs first: the npm packages of the lock file, the built bundles, and the VSIX.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node24, node24Environment, quietNpm } from './nodes.mjs';
import { finish, run } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { saying } from './say.mjs';

const vsix = join(repoRoot, 'dist', 'lamina.vsix');

/** Installs the npm packages when they are absent or not those of the lock file. */
export async function ensureDependencies() {
  if (areInstalled()) return;
  await saying('installing npm packages', () => run('npm', ['ci', ...quietNpm], { cwd: repoRoot }));
  if (await isNodeRunnable()) return;
  // An npm that does not run install scripts leaves the package `node` without its program.
  await saying('installing Node 24', () => run('npm', ['rebuild', 'node', ...quietNpm], { cwd: repoRoot }));
}

/** npm keeps beside the packages a lock of what it has installed. */
function areInstalled() {
  const installed = packagesOf(join(repoRoot, 'node_modules', '.package-lock.json'));
  const wanted = packagesOf(join(repoRoot, 'package-lock.json'));
  if (!installed || !wanted || !existsSync(node24)) return false;
  return Object.entries(wanted).every(([place, { version, optional }]) => {
    if (place === '' || (optional && !installed[place])) return true;
    return installed[place]?.version === version;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function isNodeRunnable() {
  return (await finish(node24, ['--version'])).stdout.startsWith('v24.');
}

/** Once for all who want it, since some of them run at the same time. */
export function buildBundles() {
  return (building ??= saying('building Lamina', () => npmRun('build')));
}

/** @type {Promise<void> | undefined} */
let building;

/** @returns {Promise<string>} the file */
export async function packageVsix() {
  await saying('packing Lamina as a VSIX', () => npmRun('package'));
  return vsix;
}

/** @param {string} script */
async function npmRun(script) {
  const options = { cwd: repoRoot, env: node24Environment() };
  const { code, ending, stdout, stderr } = await finish('npm', ['run', '--silent', script], options);
  if (code === 0) return;
  const firstError = `${stderr}\n${stdout}`.split('\n').find((line) => /error/i.test(line)) ?? ending;
  throw new Error(`\`npm run ${script}\` fails: ${firstError.trim()}`);
}
