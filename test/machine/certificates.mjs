// Certificates for listeners on loopback, made by openssl: an authority, and what it signs for servers and clients.
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MissingComponent } from './missing.mjs';
import { canInstallPackages, findProgram, installDebianPackages } from './programs.mjs';
import { run } from './processes.mjs';

/**
 * @typedef {object} CertificateFolder `ca.pem`, `cert.pem` and `key.pem`, as in a DOCKER_CERT_PATH
 * @property {string} folder
 * @property {string} ca
 * @property {string} cert
 * @property {string} key
 *
 * @typedef {object} Certificates
 * @property {CertificateFolder} server for 127.0.0.1, ::1 and localhost
 * @property {CertificateFolder} client
 * @property {CertificateFolder} wrong a client's, and an authority, that nobody here trusts
 */

/**
 * @param {string} folder a new one
 * @param {readonly string[]} [names] of hosts that the server's is for, beside this machine
 * @returns {Promise<Certificates>}
 */
export async function makeCertificates(folder, names = []) {
  if (canInstallPackages) await installDebianPackages(['openssl']);
  const openssl = findProgram('openssl');
  if (!openssl) throw new MissingComponent('openssl', 'not found in PATH');
  const right = await makeAuthority(openssl, join(folder, 'authority'), 'Lamina test authority');
  const wrong = await makeAuthority(openssl, join(folder, 'other-authority'), 'Another test authority');
  const [server, client, wrongClient] = await Promise.all([
    issue(openssl, right, join(folder, 'server'), 'serverAuth', names),
    issue(openssl, right, join(folder, 'client'), 'clientAuth'),
    issue(openssl, wrong, join(folder, 'wrong'), 'clientAuth'),
  ]);
  return { server, client, wrong: wrongClient };
}

/** @typedef {{ cert: string, key: string }} Authority */

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/**
 * @param {string} openssl @param {string} folder @param {string} name
 * @returns {Promise<Authority>}
 */
async function makeAuthority(openssl, folder, name) {
  mkdirSync(folder, { recursive: true });
  const authority = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const out = ['-keyout', authority.key, '-out', authority.cert];
  await run(openssl, ['req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '30', ...out]);
  return authority;
}

/**
 * @param {string} openssl @param {Authority} authority @param {string} folder
 * @param {'serverAuth' | 'clientAuth'} usage @param {readonly string[]} [names]
 * @returns {Promise<CertificateFolder>}
 */
async function issue(openssl, authority, folder, usage, names = []) {
  mkdirSync(folder, { recursive: true });
  const made = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const request = join(folder, 'request.pem');
  const extensions = join(folder, 'extensions');
  const places = ['IP:127.0.0.1', 'IP:::1', 'DNS:localhost', ...names.map((name) => `DNS:${name}`)];
  writeFileSync(extensions, `extendedKeyUsage=${usage}\nsubjectAltName=${places.join()}\n`);
  await run(openssl, ['req', ...newKey, '-subj', '/CN=localhost', '-keyout', made.key, '-out', request]);
  const signing = [
    '-CA',
    authority.cert,
    '-CAkey',
    authority.key,
    '-set_serial',
    `0x${randomBytes(8).toString('hex')}`,
  ];
  await run(openssl, [
    ...['x509', '-req', '-in', request, '-days', '30', '-extfile', extensions, '-out', made.cert],
    ...signing,
  ]);
  copyFileSync(authority.cert, made.ca);
  return { folder, ...made };
}
