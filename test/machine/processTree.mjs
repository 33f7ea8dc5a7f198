// Ending what programs have started, and what they have started in turn. Linux only: elsewhere it does nothing.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills the processes whose command line names the folder, with their descendants: engines, containerds and
 * shims are all started with absolute paths of their data, and a container is the child of a shim.
 * @param {string} folder
 */
export function endProcessesOf(folder) {
  const named = allProcesses().filter((pid) => readText(`/proc/${pid}/cmdline`).includes(`${folder}/`));
  kill(withDescendants(named));
}

/**
 * Kills what a program has started, and leaves the program.
 * @param {number} pid
 */
export function endDescendantsOf(pid) {
  const doomed = withDescendants([pid]);
  doomed.delete(pid);
  kill(doomed);
}

/** @param {readonly number[]} pids */
function withDescendants(pids) {
  const family = new Set(pids);
  const parents = new Map(allProcesses().map((pid) => [pid, parentOf(pid)]));
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/** @param {ReadonlySet<number>} pids */
function kill(pids) {
  for (const pid of pids) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function allProcesses() {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @param {number} pid */
function parentOf(pid) {
  return Number(/^PPid:\t(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
