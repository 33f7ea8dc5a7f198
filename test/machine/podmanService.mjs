// A real Podman service for tests, which speaks Docker's API and its own on a socket. Its store is its own, and all
// of it is gone when it is stopped. Containers and builds use the machine's network unless a request says otherwise.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersPing, makeDockerConfig } from './dockerEngine.mjs';
import { MissingComponent } from './missing.mjs';
import { requireTool } from './oracleTools.mjs';
import { canInstallPackages, findProgram, installDebianPackages, isRoot } from './programs.mjs';
import { run, startService } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} PodmanService
 * @property {string} name such as `Podman 4.3.1`
 * @property {string} version
 * @property {string} socket
 * @property {string} log
 * @property {NodeJS.ProcessEnv} env in which `docker`, `podman --remote` and Lamina find this service
 * @property {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => Promise<string>} podman
 *   runs `podman` on the same store, beside the service, and gives its standard output
 * @property {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => Promise<string>} remote
 *   the same by the service, as where Podman is in a machine of its own
 * @property {() => Promise<void>} halt ends the service, which finishes what it is about, and keeps its images
 * @property {() => Promise<void>} kill ends it at once, as a crash does
 * @property {() => Promise<void>} startAgain on the same socket and images
 * @property {() => Promise<void>} stop
 */

/**
 * @param {{ insecureRegistries?: readonly string[] }} [options] `host:port` of registries that speak plain http, or whose
 *   certificate nobody knows
 * @returns {Promise<PodmanService>}
 */
export async function startPodmanService({ insecureRegistries = [] } = {}) {
  if (canInstallPackages) await installDebianPackages(['podman']);
  const program = requireTool('podman');
  if (!isRoot) throw new MissingComponent('Podman', 'only root can give it a store of its own');
  const folder = makeScratchFolder('podman');
  const socket = join(folder, 'podman.sock');
  const env = {
    ...process.env,
    CONTAINERS_CONF: writeConfiguration(folder),
    CONTAINERS_REGISTRIES_CONF: writeRegistries(folder, insecureRegistries),
    BUILDAH_ISOLATION: 'chroot',
  };
  const place = placeOf(folder);
  const start = () =>
    startService(program, [...place, 'system', 'service', '--time=0', `unix://${socket}`], {
      env,
      log: join(folder, 'log'),
      isReady: () => answersPing(socket),
    });
  let service = await start().catch((error) => {
    removeScratchFolder(folder);
    throw error;
  });
  const version = (
    await run(program, [...place, 'version', '--format', '{{.Client.Version}}'], { env })
  ).trim();
  const found = {
    ...env,
    DOCKER_HOST: `unix://${socket}`,
    CONTAINER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: makeDockerConfig(folder),
  };
  return {
    name: `Podman ${version}`,
    version,
    socket,
    log: service.log,
    env: found,
    podman: (args, options = {}) =>
      run(program, [...place, ...args], { ...options, env: { ...env, ...options.env } }),
    remote: (args, options = {}) =>
      run(program, ['--remote', ...args], { ...options, env: { ...found, ...options.env } }),
    halt: () => service.stop(),
    kill: () => service.kill(),
    startAgain: async () => {
      await service.stop();
      service = await start();
    },
    stop: async () => {
      await service.stop();
      removeScratchFolder(folder);
    },
  };
}

/**
 * What works inside another container too: no systemd, no network of its own, and no raised limits. Events go to a
 * file, since without any backend the service answers no events.
 * @param {string} folder
 */
function writeConfiguration(folder) {
  const file = join(folder, 'containers.conf');
  const lines = [
    '[containers]',
    'netns = "host"',
    'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]',
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    ...(needsRunc() ? ['runtime = "runc"'] : []),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Where controllers are left to the second version of cgroups beside the first, crun starts nothing. */
export function needsRunc() {
  try {
    const left = readFileSync('/sys/fs/cgroup/unified/cgroup.controllers', 'utf8').trim();
    return left !== '' && findProgram('runc') !== undefined;
  } catch {
    return false;
  }
}

/** @param {string} folder @param {readonly string[]} insecure */
export function writeRegistries(folder, insecure) {
  const file = join(folder, 'registries.conf');
  const entries = insecure.map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  writeFileSync(file, ['unqualified-search-registries = []\n', ...entries].join('\n'));
  return file;
}

/** @param {string} folder */
function placeOf(folder) {
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  return [
    ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
    ...['--storage-driver', 'overlay', '--tmpdir', tmp],
  ];
}
