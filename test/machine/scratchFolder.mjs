// Folders for the data of engines and servers. An engine leaves mounts and shims behind when it is killed, so
// removing its folder means ending what still runs from it and unmounting what is mounted in it. A folder
// carries its owner's process id; one whose owner has died is removed by the next run.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './processes.mjs';
import { endProcessesOf } from './processTree.mjs';
import { findProgram } from './programs.mjs';

const prefix = 'lamina-machine-';
const ownerFile = 'owner.pid';
const umount = findProgram('umount') ?? 'umount';

/** @type {Set<string>} */
const mine = new Set();
process.on('exit', () => mine.forEach(removeScratchFolder));

/**
 * A new folder with a short path (a socket's is limited to 108 bytes), removed at the latest when this
 * process ends.
 * @param {string} purpose
 * @returns {string}
 */
export function makeScratchFolder(purpose) {
  if (mine.size === 0) removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${purpose}-`));
  writeFileSync(join(folder, ownerFile), String(process.pid));
  mine.add(folder);
  return folder;
}

/**
 * Removes the folder with everything that runs from it. Removing it again does nothing.
 * @param {string} folder
 */
export function removeScratchFolder(folder) {
  mine.delete(folder);
  endEverythingIn(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Ends what runs from the folder and unmounts what is mounted in it; its files stay.
 * @param {string} folder
 */
export function endEverythingIn(folder) {
  endProcessesOf(folder);
  for (const mount of mountsIn(folder)) spawnSync(umount, ['-l', mount]);
}

function removeAbandoned() {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    const owner = Number(readText(join(folder, ownerFile)));
    if (owner > 0 && !isAlive(owner)) removeScratchFolder(folder);
  }
}

/**
 * The innermost mounts first.
 * @param {string} folder
 */
function mountsIn(folder) {
  const places = readText('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return places.filter((place) => place.startsWith(`${folder}/`)).reverse();
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
