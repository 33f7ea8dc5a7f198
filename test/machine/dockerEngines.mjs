// Real Docker Engines for tests: 20.10 of Debian, and 29 built from its Go modules. Each one has a socket and
// data of its own, leaves the machine's network alone, and is gone when it is stopped, or at the latest when
// this process ends. Containers and builds need `--network=host` (or none).
import { dirname, join } from 'node:path';
import { startEngine } from './dockerEngine.mjs';
import { ensureGoTool } from './goTools.mjs';
import { MissingComponent } from './missing.mjs';
import { canInstallPackages, findProgram, installDebianPackages, isRoot, placesOf } from './programs.mjs';
import { finish } from './processes.mjs';

/**
 * @typedef {import('./dockerEngine.mjs').DockerEngine} DockerEngine
 * @typedef {import('./dockerEngine.mjs').EngineOptions} EngineOptions
 * @typedef {'containerd' | 'classic'} ImageStore
 */

/**
 * Docker Engine 29 with BuildKit inside and buildx beside its CLI.
 * @param {EngineOptions & { store: ImageStore }} options
 * @returns {Promise<DockerEngine>}
 */
export async function startDocker29({ store, ...options }) {
  const name = `Docker Engine 29 (${store} store)`;
  requireRoot(name);
  if (canInstallPackages) await installDebianPackages(['iptables']);
  const folders = await ensureDocker29();
  const storeFlags =
    store === 'classic' ? ['--storage-driver=overlay2', '--feature', 'containerd-snapshotter=false'] : [];
  return startEngine({
    ...options,
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
 * @param {EngineOptions} [options]
 * @returns {Promise<DockerEngine>}
 */
export async function startDocker20(options = {}) {
  const name = 'Docker Engine 20.10';
  requireRoot(name);
  if (canInstallPackages) await installDebianPackages(['docker.io', 'iptables']);
  const program = findProgram('dockerd');
  const version = program ? (await finish(program, ['--version'])).stdout : '';
  if (!program || !/version 20\.10\./.test(version)) {
    throw new MissingComponent(name, `no dockerd of that version (${version.trim() || 'none'})`);
  }
  return startEngine({
    ...options,
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
export async function findCli20(forWhat) {
  for (const place of placesOf('docker')) {
    if (/version 20\./.test((await finish(place, ['--version'])).stdout)) return place;
  }
  throw new MissingComponent(forWhat, 'no docker CLI of that version in PATH');
}
