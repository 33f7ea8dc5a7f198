// Bundles each file of `test/editor` into one CommonJS file, since the extension host of an older VS Code does
// not strip types. The runner is a file among them.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from './repository.mjs';

/** @returns {Promise<string>} the module whose `run()` the extension host calls */
export async function buildEditorTests() {
  const { build } = await import('esbuild');
  const outdir = join(repoRoot, 'out', 'editorTests');
  rmSync(outdir, { recursive: true, force: true });
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
  return join(outdir, 'index.js');
}
