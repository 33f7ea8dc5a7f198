// One running Docker Engine, whatever its version: where it keeps its data, where it listens, how it ends.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { makeCertificates } from './certificates.mjs';
import { findProgram } from './programs.mjs';
import { freePort } from './ports.mjs';
import { run, startService } from './processes.mjs';
import { endEverythingIn, makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} DockerEngine
 * @property {string} name such as `Docker Engine 29 (containerd store)`
 * @property {string} version
 * @property {string} socket
 * @property {TlsListener | undefined} tls
 * @property {string} log
 * @property {NodeJS.ProcessEnv} env in which any docker CLI talks to this engine and touches no configuration of the person
 * @property {string} cli the program of the CLI that fits the engine
 * @property {(args: readonly string[], options?: import('./processes.mjs').RunOptions) => Promise<string>} docker
 *   runs that CLI and gives its standard output
 * @property {() => Promise<void>} halt ends the engine and keeps its data
 * @property {() => Promise<void>} kill ends it as a power cut does, with SIGKILL for all of it, and keeps its data
 * @property {() => Promise<void>} startAgain on the same data, sockets and ports
 * @property {() => Promise<void>} stop ends it and removes everything
 *
 * @typedef {object} TlsListener
 * @property {string} host such as `tcp://127.0.0.1:41234`
 * @property {number} port
 * @property {import('./certificates.mjs').Certificates} certificates `client.folder` is a DOCKER_CERT_PATH
 *
 * @typedef {object} EngineOptions
 * @property {boolean} [tls] listens on TCP too, for clients with a certificate (`--tlsverify`)
 * @property {readonly string[]} [insecureRegistries] `host:port` of registries whose certificate nobody knows
 * @property {number} [diskMegabytes] its data has no more room than that
 * @property {readonly string[]} [flags] more flags of dockerd
 *
 * @typedef {object} EngineParts
 * @property {string} name
 * @property {string} program
 * @property {readonly string[]} args
 * @property {readonly string[]} path
 * @property {string} cli
 * @property {string} [buildx]
 */

/**
 * @param {EngineParts & EngineOptions} parts
 * @returns {Promise<DockerEngine>}
 */
export async function startEngine(parts) {
  const folder = makeScratchFolder('engine');
  try {
    return await startIn(folder, parts);
  } catch (error) {
    removeScratchFolder(folder);
    throw error;
  }
}

/**
 * @param {string} folder @param {EngineParts & EngineOptions} parts
 * @returns {Promise<DockerEngine>}
 */
async function startIn(folder, parts) {
  const socket = join(folder, 'docker.sock');
  const tls = parts.tls ? await makeTlsListener(join(folder, 'certificates')) : undefined;
  if (parts.diskMegabytes) await mountSmallDisk(join(folder, 'data'), parts.diskMegabytes);
  const args = [...ownFlags(folder, socket), ...tlsFlags(tls), ...parts.args, ...moreFlags(parts)];
  const start = () =>
    startService(parts.program, args, {
      env: { ...process.env, PATH: [...parts.path, process.env['PATH']].join(':') },
      log: join(folder, 'log'),
      graceMs: 15_000,
      isReady: () => answersPing(socket),
    });
  let service = await start();
  const config = makeDockerConfig(folder, parts.buildx);
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config };
  /** @type {DockerEngine['docker']} */
  const docker = (cliArgs, options = {}) =>
    run(parts.cli, cliArgs, { ...options, env: { ...env, ...options.env } });
  const version = (await docker(['version', '--format', '{{.Server.Version}}'])).trim();
  return {
    ...{ name: parts.name, version, socket, tls, log: service.log, env, cli: parts.cli, docker },
    halt: () => service.stop(),
    kill: async () => {
      await service.kill();
      forgetRunning(folder);
    },
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
 * What a machine's start does after a crash: nothing of the engine runs, and what it had in `/run` is gone.
 * @param {string} folder
 */
function forgetRunning(folder) {
  endEverythingIn(join(folder, 'exec'));
  endEverythingIn(join(folder, 'data'));
  rmSync(join(folder, 'exec'), { recursive: true, force: true });
  rmSync(join(folder, 'pid'), { force: true });
}

/** @param {string} folder @param {string} socket */
function ownFlags(folder, socket) {
  return [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['-H', `unix://${socket}`, '--pidfile', join(folder, 'pid')],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
  ];
}

/**
 * @param {string} folder
 * @returns {Promise<TlsListener>}
 */
async function makeTlsListener(folder) {
  const port = await freePort();
  return { host: `tcp://127.0.0.1:${port}`, port, certificates: await makeCertificates(folder) };
}

/** @param {TlsListener | undefined} tls */
function tlsFlags(tls) {
  if (!tls) return [];
  const { ca, cert, key } = tls.certificates.server;
  return ['-H', tls.host, '--tlsverify', '--tlscacert', ca, '--tlscert', cert, '--tlskey', key];
}

/** @param {EngineOptions} options */
function moreFlags({ insecureRegistries = [], flags = [] }) {
  return [...insecureRegistries.map((registry) => `--insecure-registry=${registry}`), ...flags];
}

/**
 * In memory; it is unmounted with the scratch folder.
 * @param {string} place @param {number} megabytes
 */
async function mountSmallDisk(place, megabytes) {
  mkdirSync(place);
  await run(findProgram('mount') ?? 'mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place]);
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
