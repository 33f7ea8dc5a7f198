// Builds the four bundles, each one CommonJS file: the extension, the command line, the worker and the indexer.
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const minify = process.argv.includes('--minify');

const result = await build({
  entryPoints: {
    extension: 'src/extension.ts',
    cli: 'src/cli.ts',
    worker: 'src/worker.ts',
    indexer: 'src/indexer.ts',
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode'],
  // The ES modules of packages come first: only those lose what is not used, as all hashes of hash-wasm but one.
  mainFields: ['module', 'main'],
  outdir: 'dist',
  sourcemap: !minify,
  minify,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

mkdirSync('out', { recursive: true });
writeFileSync('out/bundle-sizes.json', JSON.stringify(result.metafile.outputs, undefined, 2));
