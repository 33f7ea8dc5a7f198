// The Nodes that tests run on. The scripts themselves run on the system's Node, 20 or later.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from './cache.mjs';
import { findProgram } from './programs.mjs';
import { run } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { saying } from './say.mjs';

/** The Node of VS Code 1.101, the oldest one that Lamina supports. */
export const oldestNodeVersion = '22.15.1';

/** Node 24, which is a devDependency, so that it is there after `npm ci`. */
export const node24 = join(
  repoRoot,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/**
 * An environment in which Node 24 is the first `node`.
 * @param {NodeJS.ProcessEnv} [more]
 * @returns {NodeJS.ProcessEnv}
 */
export function node24Environment(more = {}) {
  return { ...process.env, PATH: `${dirname(node24)}:${process.env['PATH']}`, ...more };
}

/** @returns {Promise<string>} the program */
export async function installOldestNode() {
  const folder = await cached(`node-${oldestNodeVersion}`, (place) =>
    saying(`installing Node ${oldestNodeVersion}`, async () => {
      await run('npm', ['install', '--prefix', place, ...quietNpm, `node@${oldestNodeVersion}`]);
    }),
  );
  return join(folder, 'node_modules', 'node', 'bin', 'node');
}

export const quietNpm = ['--no-audit', '--no-fund', '--loglevel=error'];

/** The node-gyp that npm carries. */
export function findNodeGyp() {
  const npm = process.env['npm_execpath'] ?? realpathSync(findProgram('npm') ?? 'npm');
  const place = join(dirname(npm), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  if (!existsSync(place)) throw new Error(`npm carries no node-gyp at ${place}`);
  return place;
}
