// Podman and buildah with a store of their own, which is gone when it is stopped.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MissingComponent } from './missing.mjs';
import { needsRunc, writeRegistries } from './podmanService.mjs';
import { requireTool } from './oracleTools.mjs';
import { canInstallPackages, installDebianPackages, isRoot } from './programs.mjs';
import { run } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => Promise<string>} Tool
 *
 * @typedef {object} PodmanStore builds and runs need `--network=host`; runs also `--ulimit=nofile=1024:1024` and
 *   `--ulimit=nproc=1024:1024` where raising limits is forbidden
 * @property {Tool} podman
 * @property {Tool} buildah
 * @property {NodeJS.ProcessEnv} env in which `buildah` without options, and Lamina, have this store
 * @property {() => void} stop
 */

/**
 * @param {{ insecureRegistries?: readonly string[] }} [options] as of `startPodmanService`
 * @returns {Promise<PodmanStore>}
 */
export async function openPodmanStore({ insecureRegistries = [] } = {}) {
  if (canInstallPackages) await installDebianPackages(['podman', 'buildah']);
  const podman = requireTool('podman');
  const buildah = requireTool('buildah');
  if (!isRoot) throw new MissingComponent('Podman', 'only root can give it a store of its own');
  const folder = makeScratchFolder('podman');
  const place = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'overlay',
  ];
  // Neither default works everywhere where tests run: runc may not raise limits inside another container.
  const env = {
    ...process.env,
    BUILDAH_ISOLATION: 'chroot',
    CONTAINERS_STORAGE_CONF: writeStorage(folder),
    CONTAINERS_REGISTRIES_CONF: writeRegistries(folder, insecureRegistries),
  };
  const own = [
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--tmpdir', join(folder, 'tmp')],
    ...(needsRunc() ? ['--runtime', 'runc'] : []),
  ];
  return {
    podman: (args, options) => run(podman, [...place, ...own, ...args], { env, ...options }),
    buildah: (args, options) => run(buildah, [...place, ...args], { env, ...options }),
    env,
    stop: () => removeScratchFolder(folder),
  };
}

/** @param {string} folder */
function writeStorage(folder) {
  const file = join(folder, 'storage.conf');
  const places = [`graphroot = "${join(folder, 'root')}"`, `runroot = "${join(folder, 'run')}"`];
  writeFileSync(file, ['[storage]', 'driver = "overlay"', ...places, ''].join('\n'));
  return file;
}
