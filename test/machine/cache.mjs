// The cache of everything heavy that tests need: engines built from source, the served VS Code, other Nodes.
// It is per user and not per clone, so that every clone on one machine shares it. Each entry is a folder
// whose name carries the version, written beside its place and renamed into it: an entry is whole or absent.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './processes.mjs';

export const cacheRoot =
  process.env['LAMINA_TEST_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lamina-test');

/**
 * Gives the folder of a cache entry, making it first when it is absent. A second process that asks for the
 * same entry meanwhile waits for the first. `fill` gets an empty folder on the same disk as the entry.
 * @param {string} name with its version, such as `dockerd-v29`
 * @param {(folder: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function cached(name, fill) {
  const place = join(cacheRoot, name);
  if (existsSync(place)) return place;
  await mkdir(dirname(place), { recursive: true });
  const unlock = await lock(`${place}.lock`);
  try {
    if (!existsSync(place)) await fillAndRename(place, fill);
    return place;
  } finally {
    await unlock();
  }
}

/**
 * @param {string} place
 * @param {(folder: string) => Promise<void>} fill
 */
async function fillAndRename(place, fill) {
  const folder = await mkdtemp(`${place}.part-`);
  try {
    await fill(folder);
    await rename(folder, place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A lock file that holds the owner's process id. One whose owner has died is taken over.
 * @param {string} path
 * @returns {Promise<() => Promise<void>>} unlocks
 */
async function lock(path) {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
    else await sleep(500);
  }
}
