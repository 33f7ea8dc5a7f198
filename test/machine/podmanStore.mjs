// Podman and buildah with a store of their own, which is gone when it is stopped.
import { join } from 'node:path';
import { MissingComponent } from './missing.mjs';
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
 * @property {() => void} stop
 */

/** @returns {Promise<PodmanStore>} */
export async function openPodmanStore() {
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
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
  const own = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--tmpdir', join(folder, 'tmp')];
  return {
    podman: (args, options) => run(podman, [...place, ...own, ...args], { env, ...options }),
    buildah: (args, options) => run(buildah, [...place, ...args], { env, ...options }),
    stop: () => removeScratchFolder(folder),
  };
}
