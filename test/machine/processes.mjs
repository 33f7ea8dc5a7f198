// Starting, watching and ending other programs. Every program gets a process group of its own, and ends with
// that group: nothing is ever looked up by name.
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] replaces the environment
 * @property {number} [timeoutMs]
 * @property {string | Buffer} [input]
 * @property {boolean} [show] passes the output through to the person instead of collecting it
 */

/** @type {Set<number>} the leaders of the groups that are running */
const running = new Set();
process.on('exit', () => {
  // Not SIGKILL: a test runner among them must still be able to end what it has started itself.
  for (const pid of running) signalGroup(pid, 'SIGTERM');
});
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]))
  process.on(signal, () => process.exit(code));

/**
 * Runs a program to its end and gives its standard output. A failure carries the last lines of its output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export async function run(command, args, options = {}) {
  const result = await finish(command, args, options);
  if (result.code === 0) return result.stdout;
  const shown = [command, ...args].join(' ').slice(0, 200);
  const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`${shown}: ${result.ending}\n${tail}`);
}

/**
 * Runs a program to its end, whatever that is.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number | null, ending: string, stdout: string, stderr: string }>}
 */
export function finish(command, args, options = {}) {
  const { timeoutMs = 600_000, input, show = false } = options;
  return new Promise((resolve) => {
    const output = show ? 'inherit' : 'pipe';
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [input === undefined ? 'ignore' : 'pipe', output, output],
      detached: true,
    });
    const pid = child.pid;
    if (pid) running.add(pid);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (!pid) return;
      signalGroup(pid, 'SIGTERM');
      setTimeout(signalGroup, 15_000, pid, 'SIGKILL').unref();
    }, timeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdin?.on('error', () => undefined).end(input);
    /** @param {number | null} code @param {string} ending */
    const end = (code, ending) => {
      clearTimeout(timer);
      if (pid) running.delete(pid);
      resolve({
        code: timedOut ? null : code,
        ending: timedOut ? `stopped after ${timeoutMs} ms` : ending,
        stdout,
        stderr,
      });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code, signal) => end(code, signal ? `ended by ${signal}` : `exit code ${code}`));
  });
}

/**
 * @typedef {object} Service a program that runs until it is stopped
 * @property {number} pid
 * @property {string} log the file that holds its output
 * @property {() => boolean} isRunning
 * @property {() => Promise<void>} stop asks it to end, then insists; calling it again does nothing
 * @property {() => Promise<void>} kill ends it at once, as a crash does
 */

/**
 * Starts a program that stays, and waits until `isReady` says so. When it ends before that or is too slow,
 * it is stopped and the error carries the last lines of its log.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, log: string, timeoutMs?: number, graceMs?: number,
 *   isReady: (output: string) => boolean | Promise<boolean> }} options
 * @returns {Promise<Service>}
 */
export async function startService(command, args, options) {
  const log = createWriteStream(options.log);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let ended = false;
  /** @type {string | undefined} */
  let failure;
  const end = new Promise((resolve) => {
    child.on('error', (error) => ((failure = error.message), (ended = true), resolve(undefined)));
    child.on('close', () => ((ended = true), resolve(undefined)));
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  void end.then(() => log.end());
  const pid = child.pid ?? 0;
  if (pid) running.add(pid);

  /** @type {Service} */
  const service = {
    pid,
    log: options.log,
    isRunning: () => !ended,
    async stop() {
      if (pid && !ended) {
        process.kill(pid, 'SIGTERM');
        await Promise.race([end, sleep(options.graceMs ?? 10_000, undefined, { ref: false })]);
      }
      if (pid) signalGroup(pid, 'SIGKILL');
      running.delete(pid);
      await Promise.race([end, sleep(2_000, undefined, { ref: false })]);
    },
    async kill() {
      if (pid) signalGroup(pid, 'SIGKILL');
      running.delete(pid);
      await end;
    },
  };
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  while (!(await options.isReady(readText(options.log)))) {
    if (!ended && Date.now() < deadline) {
      await sleep(100);
      continue;
    }
    const why = ended ? (failure ?? 'it ended') : 'it did not become ready';
    await service.stop();
    throw new Error(`${command}: ${why}\n${readText(options.log).trim().split('\n').slice(-10).join('\n')}`);
  }
  return service;
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
