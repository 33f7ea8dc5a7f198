// Which programs this machine has, and the installing of Debian packages where that is possible.
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { finish, run } from './processes.mjs';
import { saying } from './say.mjs';

/** Places where Debian and Go put programs, and which a person's PATH may lack. */
const usualPlaces = ['/usr/local/go/bin', '/usr/local/bin', '/usr/bin', '/usr/sbin', '/sbin', '/bin'];

/**
 * Every place of a program, in the order of PATH.
 * @param {string} name
 * @returns {string[]}
 */
export function placesOf(name) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...usualPlaces];
  return [...new Set(folders)].map((folder) => join(folder, name)).filter(isProgram);
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
  return placesOf(name)[0];
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export const isRoot = process.getuid?.() === 0;

/** Whether `installDebianPackages` can do anything here. */
export const canInstallPackages =
  isRoot && existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined;

/**
 * Installs those of the packages that are absent. Their services are not started: tests start their own.
 * @param {readonly string[]} names
 */
export async function installDebianPackages(names) {
  const turn = installing.then(() => installAbsent(names));
  installing = turn.catch(() => undefined);
  await turn;
}

/** @type {Promise<unknown>} what the package manager is at: it does one thing at a time */
let installing = Promise.resolve();

/** @param {readonly string[]} names */
async function installAbsent(names) {
  /** @type {string[]} */
  const absent = [];
  for (const name of names) if (!(await isInstalled(name))) absent.push(name);
  if (absent.length === 0) return;
  await saying(`installing Debian packages ${absent.join(' ')}`, () =>
    withoutStartingServices(() => aptInstall(absent)),
  );
}

/** @param {string} name */
async function isInstalled(name) {
  const { stdout } = await finish('dpkg-query', ['-W', '-f=${db:Status-Status}', name]);
  return stdout === 'installed';
}

/** @param {readonly string[]} names */
async function aptInstall(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const install = ['install', '-y', '--no-install-recommends', ...wait, ...names];
  if ((await finish('apt-get', install, { env })).code === 0) return;
  await run('apt-get', ['update', ...wait], { env });
  await run('apt-get', install, { env, timeoutMs: 900_000 });
}

/** @param {() => Promise<void>} work */
async function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(policy, { force: true });
  }
}
