import assert from 'node:assert/strict';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const program = path.join(import.meta.dirname, '../../dist/cli.js');
const loadedModules = `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))`;

describe('the bundles', () => {
  it('load what speaks to networks and starts processes only when that is used', () => {
    const asCode = `${loadedModules}; process.argv.splice(1, 0, ${JSON.stringify(program)}); require(${JSON.stringify(program)})`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', asCode, '--', 'help'], {
      encoding: 'utf8',
    });
    assert.match(stdout, /^lamina shows/);
    const loaded = stderr.split('\n').map((line) => line.replace('NativeModule ', ''));
    assert.ok(loaded.includes('fs/promises'), stderr);
    for (const name of ['tls', 'http', 'https', 'child_process', 'worker_threads'])
      assert.ok(!loaded.includes(name), `${name} is loaded`);
  });
});
