// A real sshd on loopback, with keys and configuration of its own: nobody's `~/.ssh` is read or written.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { MissingComponent } from './missing.mjs';
import { freePort } from './ports.mjs';
import { canInstallPackages, findProgram, installDebianPackages, isRoot } from './programs.mjs';
import { run, startService } from './processes.mjs';
import { endDescendantsOf } from './processTree.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} Sshd
 * @property {string} host always 127.0.0.1
 * @property {number} port
 * @property {string} user who runs the tests
 * @property {string} url `ssh://USER@127.0.0.1:PORT`
 * @property {string} alias a name that only the client's configuration knows, for `ssh://ALIAS`
 * @property {string} configFile for `ssh -F`
 * @property {string} identityFile
 * @property {string} bin the folder of an `ssh` that reads that file and no other configuration
 * @property {NodeJS.ProcessEnv} env with that folder first in PATH
 * @property {string} log
 * @property {() => readonly string[]} commands what was run on the far side until now
 * @property {() => Promise<void>} halt no one can connect, and who was connected is cut
 * @property {() => Promise<void>} startAgain
 * @property {() => Promise<void>} stop
 *
 * @typedef {{ readonly env: NodeJS.ProcessEnv, readonly cli: string }} FarEngine a DockerEngine is one
 */

const alias = 'lamina-test-engine';

/**
 * @param {{ engine?: FarEngine, trusted?: boolean }} [options] the engine that `docker` on the far side talks to (without
 *   one there is no `docker`); whether the client knows the server's key, as it does unless told otherwise
 * @returns {Promise<Sshd>}
 */
export async function startSshd({ engine, trusted = true } = {}) {
  const programs = await findPrograms();
  const folder = makeScratchFolder('sshd');
  const port = await freePort();
  const user = userInfo().username;
  const keys = await makeKeys(programs.keygen, folder);
  const config = writeServerConfig(folder, { port, keys, command: makeFarSide(folder, engine) });
  const start = () =>
    startService(programs.sshd, ['-D', '-e', '-f', config], {
      log: join(folder, 'log'),
      isReady: (output) => output.includes('Server listening on'),
    });
  let service = await start().catch((error) => {
    removeScratchFolder(folder);
    throw error;
  });
  const configFile = writeClientConfig(folder, { port, user, keys, trusted });
  const bin = makeSsh(folder, programs.ssh, configFile);
  const halt = async () => {
    endDescendantsOf(service.pid);
    await service.stop();
  };
  return {
    ...{ host: '127.0.0.1', port, user, alias, url: `ssh://${user}@127.0.0.1:${port}` },
    ...{ configFile, identityFile: keys.client, bin, log: service.log },
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
    commands: () => linesOf(join(folder, 'commands')),
    halt,
    startAgain: async () => {
      service = await start();
    },
    stop: async () => {
      await halt();
      removeScratchFolder(folder);
    },
  };
}

async function findPrograms() {
  if (canInstallPackages) await installDebianPackages(['openssh-server', 'openssh-client']);
  const [sshd, ssh, keygen] = ['sshd', 'ssh', 'ssh-keygen'].map(findProgram);
  if (!sshd || !ssh || !keygen) throw new MissingComponent('sshd', 'OpenSSH was not found');
  // Where it parts with root's rights; Debian's own service makes it.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  return { sshd, ssh, keygen };
}

/** @typedef {{ readonly server: string, readonly client: string }} Keys files of private keys */

/**
 * @param {string} keygen @param {string} folder
 * @returns {Promise<Keys>}
 */
async function makeKeys(keygen, folder) {
  const keys = { server: join(folder, 'server_key'), client: join(folder, 'client_key') };
  for (const key of Object.values(keys)) await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  return keys;
}

/**
 * The command that every connection runs in place of what it asked for: it notes that, and runs it where `docker` is
 * the CLI of the engine, whatever the start-up files of the user's shell say of PATH.
 * @param {string} folder @param {FarEngine} [engine]
 */
function makeFarSide(folder, engine) {
  const programs = join(folder, 'far');
  mkdirSync(programs);
  if (engine) symlinkSync(engine.cli, join(programs, 'docker'));
  const { DOCKER_HOST = '', DOCKER_CONFIG = join(folder, 'far', 'config') } = engine?.env ?? {};
  const command = join(folder, 'run-command');
  const path = engine ? `${programs}:/usr/bin:/bin` : programs;
  const lines = [
    '#!/bin/sh',
    `printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >> '${join(folder, 'commands')}'`,
    `export PATH='${path}' DOCKER_HOST='${DOCKER_HOST}' DOCKER_CONFIG='${DOCKER_CONFIG}'`,
    'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"',
  ];
  writeFileSync(command, `${lines.join('\n')}\n`, { mode: 0o755 });
  return command;
}

/** @param {string} folder @param {{ port: number, keys: Keys, command: string }} parts */
function writeServerConfig(folder, { port, keys, command }) {
  const file = join(folder, 'sshd_config');
  const lines = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `PidFile ${join(folder, 'pid')}`],
    ...[`HostKey ${keys.server}`, `AuthorizedKeysFile ${keys.client}.pub`, 'StrictModes no', 'UsePAM no'],
    ...['AuthenticationMethods publickey', 'PermitRootLogin yes', 'MaxStartups 100', 'MaxSessions 100'],
    `ForceCommand ${command}`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** @param {string} folder @param {{ port: number, user: string, keys: Keys, trusted: boolean }} parts */
function writeClientConfig(folder, { port, user, keys, trusted }) {
  const file = join(folder, 'ssh_config');
  const knownHosts = join(folder, 'known_hosts');
  const [type, key] = readFileSync(`${keys.server}.pub`, 'utf8').split(' ');
  writeFileSync(knownHosts, trusted ? `[127.0.0.1]:${port} ${type} ${key}\n` : '');
  const lines = [
    ...[`Host ${alias}`, 'HostName 127.0.0.1', `Port ${port}`, `User ${user}`],
    ...['Host *', `IdentityFile ${keys.client}`, 'IdentitiesOnly yes', 'StrictHostKeyChecking yes'],
    ...[`UserKnownHostsFile ${knownHosts}`, 'GlobalKnownHostsFile /dev/null', 'IdentityAgent none'],
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** @param {string} folder @param {string} ssh @param {string} configFile */
function makeSsh(folder, ssh, configFile) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec '${ssh}' -F '${configFile}' "$@"\n`, { mode: 0o755 });
  return bin;
}

/** @param {string} file */
function linesOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
