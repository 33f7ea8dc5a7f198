// The Go that builds the pinned modules: one that is there and new enough, or the toolchain that Go publishes as
// a module, fetched by Debian's older Go.
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.mjs';
import { MissingComponent } from './missing.mjs';
import { finish, run } from './processes.mjs';
import { canInstallPackages, findProgram, installDebianPackages, placesOf } from './programs.mjs';
import { saying } from './say.mjs';

const version = '1.26.8';
/** From this one on, Go fetches a newer toolchain by itself when a module asks for it. */
const oldestMinor = 21;

/**
 * @param {string} forWhat the component that would be missing without it
 * @returns {Promise<string>} the program
 */
export async function findGo(forWhat) {
  for (const place of placesOf('go')) {
    const [, minor] = /go1\.(\d+)/.exec((await finish(place, ['version'])).stdout) ?? [];
    if (Number(minor) >= oldestMinor) return place;
  }
  if (canInstallPackages) return installGo();
  throw new MissingComponent(forWhat, `Go 1.${oldestMinor} or later was not found, so it cannot be built`);
}

/** Only for machines without a Go of their own. */
export async function installGo() {
  const folder = await cached(`go-${version}`, (place) =>
    saying(`installing Go ${version}`, () => download(place)),
  );
  return join(toolchainIn(folder), 'bin', 'go');
}

/** @param {string} place */
async function download(place) {
  await installDebianPackages(['golang-go', 'ca-certificates']);
  const old = placesOf('go').at(-1) ?? findProgram('go') ?? 'go';
  const env = { ...process.env, GOMODCACHE: place, GOFLAGS: '-modcacherw' };
  await run(old, ['mod', 'download', `golang.org/toolchain@${moduleVersion()}`], { cwd: place, env });
  // Modules carry no modes.
  for (const programs of ['bin', join('pkg', 'tool', `${process.platform}_${goArch()}`)]) {
    const folder = join(toolchainIn(place), programs);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
  }
}

/** @param {string} folder */
function toolchainIn(folder) {
  return join(folder, 'golang.org', `toolchain@${moduleVersion()}`);
}

function moduleVersion() {
  return `v0.0.1-go${version}.${process.platform}-${goArch()}`;
}

function goArch() {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
