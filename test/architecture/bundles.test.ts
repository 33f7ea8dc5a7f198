import assert from 'node:assert/strict';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const program = path.join(import.meta.dirname, '../../dist/cli.js');
const extension = path.join(import.meta.dirname, '../../dist/extension.js');
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
    for (const name of ['tls', 'http', 'http2', 'https', 'child_process', 'worker_threads'])
      assert.ok(!loaded.includes(name), `${name} is loaded`);
  });

  it('load it no sooner when the engine is used', () => {
    const engine = path.join(import.meta.dirname, '../../dist/engine.js');
    const code = `${loadedModules}; require(${JSON.stringify(engine)})`;
    const { stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
    const loaded = stderr.split('\n').map((line) => line.replace('NativeModule ', ''));
    assert.ok(loaded.includes('fs/promises'), stderr);
    for (const name of ['tls', 'http', 'http2', 'https', 'child_process', 'worker_threads'])
      assert.ok(!loaded.includes(name), `${name} is loaded`);
  });

  it('start without the engine', () => {
    const files = `process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')))`;
    // Whatever the extension asks of VS Code while it loads, it gets something that can be called and extended.
    const editor = `class Any {}; const any = new Proxy(Any, { get: (target, key) => target[key] ?? any });
      require.cache['vscode'] = { exports: any, loaded: true };
      const { _resolveFilename } = require('node:module');
      require('node:module')._resolveFilename = (name, ...rest) =>
        name === 'vscode' ? name : _resolveFilename(name, ...rest);`;
    for (const [bundle, before] of [
      [program, `process.argv.splice(1, 0, ${JSON.stringify(program)});`],
      [extension, editor],
    ] as const) {
      const code = `${files}; ${before} require(${JSON.stringify(bundle)})`;
      const { stderr } = spawnSync(process.execPath, ['-e', code, '--', 'help'], { encoding: 'utf8' });
      assert.match(stderr, /dist[\\/](cliMain|extension)\.js/);
      assert.doesNotMatch(stderr, /dist[\\/]engine\.js/);
    }
  });
});
