// Bundles each file of `test/editor` into one CommonJS file, since the extension host of an older VS Code does
// not strip types. The runner is a file among them.
import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repoRoot } from './repository.mjs';

/**
 * @param {string} outdir in a folder of its own, which gets a link to the packages
 * @returns {Promise<string>} the module whose `run()` the extension host calls
 */
export async function buildEditorTests(outdir) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: repoRoot,
    entryPoints: ['test/editor/index.ts', 'test/editor/**/*.test.ts'],
    outbase: 'test/editor',
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  symlinkSync(join(repoRoot, 'node_modules'), join(dirname(outdir), 'node_modules'));
  return join(outdir, 'index.js');
}
