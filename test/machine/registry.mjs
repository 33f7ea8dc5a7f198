// A real registry on loopback.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MissingComponent } from './missing.mjs';
import { freePort } from './ports.mjs';
import { canInstallPackages, findProgram, installDebianPackages } from './programs.mjs';
import { startService } from './processes.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @returns {Promise<{ host: string, log: string, stop: () => Promise<void> }>} `host` is `127.0.0.1:PORT`
 */
export async function startRegistry() {
  if (!findProgram('docker-registry') && canInstallPackages) await installDebianPackages(['docker-registry']);
  const program = findProgram('docker-registry');
  if (!program) throw new MissingComponent('docker-registry', 'not found');
  const folder = makeScratchFolder('registry');
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yml');
  writeFileSync(config, configuration(host, join(folder, 'data')));
  const service = await startService(program, ['serve', config], {
    log: join(folder, 'log'),
    isReady: () =>
      fetch(`http://${host}/v2/`).then(
        (response) => response.ok,
        () => false,
      ),
  });
  const stop = async () => {
    await service.stop();
    removeScratchFolder(folder);
  };
  return { host, log: service.log, stop };
}

/** @param {string} host @param {string} folder */
function configuration(host, folder) {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
    http: { addr: host },
  });
}
