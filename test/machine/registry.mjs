// A real registry on loopback.
import { request as askPlain } from 'node:http';
import { request as askTls } from 'node:https';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from './certificates.mjs';
import { startFlakyProxy } from './flakyProxy.mjs';
import { MissingComponent } from './missing.mjs';
import { freePort } from './ports.mjs';
import { canInstallPackages, findProgram, installDebianPackages } from './programs.mjs';
import { run, startService } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} RegistryOptions
 * @property {{ readonly user: string, readonly password: string }} [auth] Basic, for everything
 * @property {boolean} [tls] https only, with a certificate of an authority that nobody knows
 * @property {boolean} [readOnly] refuses to change anything
 * @property {boolean} [proxied] puts a {@link startFlakyProxy} before it
 * @property {import('./flakyProxy.mjs').Fault} [fault] the same, which hinders from the start
 *
 * @typedef {object} Registry
 * @property {string} host `127.0.0.1:PORT`, of the proxy where there is one
 * @property {string} url with its scheme
 * @property {string | undefined} ca the file of the authority that signed its certificate
 * @property {import('./flakyProxy.mjs').FlakyProxy | undefined} proxy
 * @property {string} data the folder of its storage, `docker/registry/v2/…`
 * @property {string} log
 * @property {() => Promise<void>} halt ends it and keeps its data
 * @property {() => Promise<void>} startAgain on the same data and port
 * @property {() => Promise<void>} stop
 */

/**
 * @param {RegistryOptions} [options]
 * @returns {Promise<Registry>}
 */
export async function startRegistry(options = {}) {
  const program = await findRegistry();
  const folder = makeScratchFolder('registry');
  const port = await freePort();
  const made = await configure(folder, port, options);
  const start = () =>
    startService(program, ['serve', made.config], {
      log: join(folder, 'log'),
      isReady: () => answers(port, made.ca),
    });
  let service = await start().catch((error) => {
    removeScratchFolder(folder);
    throw error;
  });
  const isProxied = options.proxied ?? options.fault !== undefined;
  const target = { host: '127.0.0.1', port };
  const proxy = isProxied ? await startFlakyProxy(target, { fault: options.fault ?? {} }) : undefined;
  const host = proxy?.host ?? `127.0.0.1:${port}`;
  return {
    ...{ host, url: `${options.tls ? 'https' : 'http'}://${host}`, ca: made.ca, proxy },
    ...{ data: join(folder, 'data'), log: service.log },
    halt: () => service.stop(),
    startAgain: async () => {
      await service.stop();
      service = await start();
    },
    stop: async () => {
      await proxy?.stop();
      await service.stop();
      removeScratchFolder(folder);
    },
  };
}

async function findRegistry() {
  if (!findProgram('docker-registry') && canInstallPackages) await installDebianPackages(['docker-registry']);
  const program = findProgram('docker-registry');
  if (!program) throw new MissingComponent('docker-registry', 'not found');
  return program;
}

/** @param {string} folder @param {number} port @param {RegistryOptions} options */
async function configure(folder, port, { auth, tls, readOnly = false }) {
  const certificates = tls ? await makeCertificates(join(folder, 'certificates')) : undefined;
  const passwords = auth ? await writePasswords(folder, auth) : undefined;
  const server = certificates?.server;
  const config = join(folder, 'config.yml');
  const text = JSON.stringify({
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
      maintenance: { readonly: { enabled: readOnly } },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(server && { tls: { certificate: server.cert, key: server.key } }),
    },
    ...(passwords && { auth: { htpasswd: { realm: 'Lamina test registry', path: passwords } } }),
  });
  writeFileSync(config, text);
  return { config, ca: server?.ca };
}

/**
 * The registry knows bcrypt only.
 * @param {string} folder @param {{ user: string, password: string }} auth
 */
async function writePasswords(folder, { user, password }) {
  if (canInstallPackages) await installDebianPackages(['apache2-utils']);
  const htpasswd = findProgram('htpasswd');
  if (!htpasswd) throw new MissingComponent('htpasswd', 'not found in PATH');
  const file = join(folder, 'htpasswd');
  writeFileSync(file, await run(htpasswd, ['-niB', user], { input: password }));
  return file;
}

/**
 * Whether it says anything at all: an asking for a password is an answer too.
 * @param {number} port @param {string | undefined} ca
 * @returns {Promise<boolean>}
 */
function answers(port, ca) {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/v2/', timeout: 2_000 };
    const ask = ca ? askTls({ ...options, ca: readFileSync(ca) }) : askPlain(options);
    ask.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401);
    });
    ask.on('timeout', () => ask.destroy());
    ask.on('error', () => resolve(false));
    ask.end();
  });
}
