// Real Docker Engines for tests: 20.10 of Debian, and 29 built from its Go modules. Each one has a socket and
// data of its own, leaves the machine's network alone, and is gone when it is stopped, or at the latest when
// this process ends. Containers and builds need `--network=host` (or none).
import { mkdirSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { ensureGoTool } from './goTools.mjs';
import { MissingComponent } from './missing.mjs';
import { canInstallPackages, findProgram, installDebianPackages, isRoot, placesOf } from './programs.mjs';
import { finish, run, startService } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} DockerEngine
 * @property {string} name such as `Docker Engine 29 (containerd store)`
 * @property {string} version
 * @property {string} socket
 * @property {string} log
 * @property {NodeJS.ProcessEnv} env in which any docker CLI talks to this engine and touches no configuration of the person
 * @property {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => Promise<string>} docker
 *   runs a CLI that fits the engine and gives its standard output
 * @property {() => Promise<void>} stop
 *
 * @typedef {'containerd' | 'classic'} ImageStore
 */

/**
 * Docker Engine 29 with BuildKit inside and buildx beside its CLI.
 * @param {{ store: ImageStore }} options
 * @returns {Promise<DockerEngine>}
 */
export async function startDocker29({ store }) {
  const name = `Docker Engine 29 (${store} store)`;
  requireRoot(name);
  if (canInstallPackages) await installDebianPackages(['iptables']);
  const folders = await ensureDocker29();
  const storeFlags =
    store === 'classic' ? ['--storage-driver=overlay2', '--feature', 'containerd-snapshotter=false'] : [];
  return startEngine({
    name,
    program: join(folders.dockerd, 'dockerd'),
    args: storeFlags,
    path: Object.values(folders),
    cli: join(await ensureGoTool('docker'), 'docker'),
    buildx: join(await ensureGoTool('buildx'), 'buildx'),
  });
}

/** Builds Docker Engine 29 and what it starts, or takes them from the cache. */
export async function ensureDocker29() {
  return {
    dockerd: await ensureGoTool('dockerd'),
    containerd: await ensureGoTool('containerd'),
    runc: await ensureGoTool('runc'),
  };
}

/**
 * Docker Engine 20.10, with the classic store and the classic builder; `DOCKER_BUILDKIT=1` gives its BuildKit.
 * @returns {Promise<DockerEngine>}
 */
export async function startDocker20() {
  const name = 'Docker Engine 20.10';
  requireRoot(name);
  if (canInstallPackages) await installDebianPackages(['docker.io', 'iptables']);
  const program = findProgram('dockerd');
  const version = program ? (await finish(program, ['--version'])).stdout : '';
  if (!program || !/version 20\.10\./.test(version)) {
    throw new MissingComponent(name, `no dockerd of that version (${version.trim() || 'none'})`);
  }
  return startEngine({
    name,
    program,
    args: ['--storage-driver=overlay2'],
    path: [dirname(program), '/usr/sbin', '/usr/bin'],
    cli: await findCli20(name),
  });
}

/** @param {string} name */
function requireRoot(name) {
  if (process.platform !== 'linux') throw new MissingComponent(name, 'it runs on Linux only');
  if (!isRoot) throw new MissingComponent(name, 'only root can start it');
}

/**
 * The CLI of the engine's own package, which can build without buildx.
 * @param {string} forWhat
 */
async function findCli20(forWhat) {
  for (const place of placesOf('docker')) {
    if (/version 20\./.test((await finish(place, ['--version'])).stdout)) return place;
  }
  throw new MissingComponent(forWhat, 'no docker CLI of that version in PATH');
}

/**
 * @param {{ name: string, program: string, args: readonly string[], path: readonly string[], cli: string,
 *   buildx?: string }} parts
 * @returns {Promise<DockerEngine>}
 */
async function startEngine({ name, program, args, path, cli, buildx }) {
  const folder = makeScratchFolder('engine');
  const socket = join(folder, 'docker.sock');
  const own = [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['-H', `unix://${socket}`, '--pidfile', join(folder, 'pid')],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
  ];
  const service = await startService(program, [...own, ...args], {
    env: { ...process.env, PATH: [...path, process.env['PATH']].join(':') },
    log: join(folder, 'log'),
    graceMs: 15_000,
    isReady: () => answersPing(socket),
  }).catch((error) => {
    removeScratchFolder(folder);
    throw error;
  });
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: makeDockerConfig(folder, buildx),
  };
  /** @type {DockerEngine['docker']} */
  const docker = (cliArgs, options = {}) =>
    run(cli, cliArgs, { ...options, env: { ...env, ...options.env } });
  const version = (await docker(['version', '--format', '{{.Server.Version}}'])).trim();
  const stop = async () => {
    await service.stop();
    removeScratchFolder(folder);
  };
  return { name, version, socket, log: service.log, env, docker, stop };
}

/** @param {string} folder @param {string} [buildx] */
export function makeDockerConfig(folder, buildx) {
  const config = join(folder, 'config');
  const plugins = join(config, 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  if (buildx) symlinkSync(buildx, join(plugins, 'docker-buildx'));
  return config;
}

/**
 * @param {string} socketPath
 * @returns {Promise<boolean>}
 */
export function answersPing(socketPath) {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
