// A BuildKit that stands alone, as `docker buildx create --driver docker-container` has it, with its own client.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGoTool } from './goTools.mjs';
import { MissingComponent } from './missing.mjs';
import { isRoot } from './programs.mjs';
import { finish, startService } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} BuildKit
 * @property {string} version such as `v0.33.0`
 * @property {string} socket
 * @property {string} address of the socket, as `--addr` and BUILDKIT_HOST have it
 * @property {string} buildctl the program
 * @property {string} log
 * @property {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => ReturnType<typeof finish>}
 *   ask runs `buildctl`
 * @property {() => Promise<void>} stop
 */

/**
 * @param {{ insecureRegistries?: readonly string[] }} [options] `host:port` of registries that speak plain http
 * @returns {Promise<BuildKit>}
 */
export async function startBuildKit({ insecureRegistries = [] } = {}) {
  if (process.platform !== 'linux' || !isRoot)
    throw new MissingComponent('BuildKit', 'only root on Linux can start it');
  const programs = await ensureGoTool('buildkitd');
  const runc = await ensureGoTool('runc');
  const folder = makeScratchFolder('buildkit');
  const socket = join(folder, 'buildkitd.sock');
  const address = `unix://${socket}`;
  const buildctl = join(programs, 'buildctl');
  /** @type {BuildKit['ask']} */
  const ask = (args, options) => finish(buildctl, ['--addr', address, ...args], options);
  const service = await startService(
    join(programs, 'buildkitd'),
    ['--config', writeConfig(folder, insecureRegistries), '--addr', address, ...ownFlags(folder)],
    {
      env: { ...process.env, PATH: [runc, process.env['PATH']].join(':') },
      log: join(folder, 'log'),
      isReady: async () => (await ask(['debug', 'workers'])).code === 0,
    },
  ).catch((error) => {
    removeScratchFolder(folder);
    throw error;
  });
  const version = (await ask(['--version'])).stdout
    .trim()
    .split(' ')
    .find((word) => /^v\d/.test(word));
  return {
    ...{ version: version ?? '', socket, address, buildctl, log: service.log, ask },
    stop: async () => {
      await service.stop();
      removeScratchFolder(folder);
    },
  };
}

/** @param {string} folder */
function ownFlags(folder) {
  const network = ['--oci-worker-net=host', '--allow-insecure-entitlement=network.host'];
  return ['--root', join(folder, 'root'), '--oci-worker=true', '--containerd-worker=false', ...network];
}

/** @param {string} folder @param {readonly string[]} registries */
function writeConfig(folder, registries) {
  const file = join(folder, 'buildkitd.toml');
  writeFileSync(file, registries.map((host) => `[registry."${host}"]\n  http = true\n`).join(''));
  return file;
}
