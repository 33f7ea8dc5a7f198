// A real root file system to build images on, because tests cannot pull any image.
import { join } from 'node:path';
import { cached } from './cache.mjs';
import { MissingComponent } from './missing.mjs';
import { canInstallPackages, installDebianPackages, isRoot } from './programs.mjs';
import { finish, run } from './processes.mjs';
import { saying } from './say.mjs';

/**
 * Debian bookworm, minimal, as a tar: `docker import FILE debian:bookworm` makes an image of it.
 * @returns {Promise<string>}
 */
export async function ensureDebianTar() {
  const folder = await cached('debian-bookworm-minbase-1', (place) =>
    saying('making a Debian base image with debootstrap', () => make(place)),
  );
  return join(folder, 'debian.tar');
}

/** @param {string} place */
async function make(place) {
  if (!isRoot || !canInstallPackages)
    throw new MissingComponent('debootstrap', 'only root on Debian can run it');
  await installDebianPackages(['debootstrap']);
  const root = join(place, 'root');
  await run('debootstrap', ['--variant=minbase', 'bookworm', root, ...(await mirror())]);
  await run('tar', [
    '-C',
    root,
    '--exclude=./var/cache/apt/archives/*.deb',
    '-cf',
    join(place, 'debian.tar'),
    '.',
  ]);
  await run('rm', ['-rf', root]);
}

/** The mirror that apt uses here, since debootstrap's own one may be out of reach. */
async function mirror() {
  const targets = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages', 'Codename: bookworm'];
  const { stdout } = await finish('apt-get', targets);
  return stdout.split('\n').filter(Boolean).slice(0, 1);
}
