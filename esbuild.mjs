// Builds the four bundles, each one CommonJS file: the extension, the command line (and what starts it), the worker and
// the indexer.
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

const minify = process.argv.includes('--minify');

const result = await build({
  entryPoints: {
    extension: 'src/extension.ts',
    cliMain: 'src/cli.ts',
    worker: 'src/worker.ts',
    indexer: 'src/indexer.ts',
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode'],
  banner: {
    js: await loadedWhenUsed(
      'child_process',
      'crypto',
      'dns/promises',
      'http',
      'https',
      'tls',
      'worker_threads',
    ),
  },
  plugins: [withoutCopiesOfNamespaces()],
  // The ES modules of packages come first: only those lose what is not used, as all hashes of hash-wasm but one.
  mainFields: ['module', 'main'],
  outdir: 'dist',
  sourcemap: !minify,
  minify,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// Node keeps the compiled form of what is required after this (in its folder for that, below the temporary one).
writeFileSync('dist/cli.js', "require('node:module').enableCompileCache?.();\nrequire('./cliMain.js');\n");

mkdirSync('out', { recursive: true });
writeFileSync('out/bundle-sizes.json', JSON.stringify(result.metafile.outputs, undefined, 2));

/**
 * Lets these modules of Node load when one of their members is first used: most of what a bundle imports is not for what
 * it is just asked to do, and loading all of it takes longer than the work of `lamina ls`.
 *
 * @param {readonly string[]} names
 * @returns {Promise<string>} a program that stands before the bundle and takes the place of its `require`
 */
async function loadedWhenUsed(...names) {
  const members = await Promise.all(
    names.map(async (name) => [`node:${name}`, Object.keys(await import(`node:${name}`)).filter(isNamed)]),
  );
  return `'use strict';
require = ((load, members) => {
  const made = {};
  const make = (name) => {
    let it;
    const get = (member) => ({ enumerable: true, get: () => (it ??= load(name))[member] });
    return Object.defineProperties({}, Object.fromEntries(members[name].map((member) => [member, get(member)])));
  };
  return (name) => (members[name] ? (made[name] ??= make(name)) : load(name));
})(require, ${JSON.stringify(Object.fromEntries(members))});`;
}

/** @param {string} member */
function isNamed(member) {
  return member !== 'default';
}

/**
 * For every `import * as vscode` esbuild would make a copy of that module, hundreds of members, when the bundle is loaded.
 *
 * @returns {import('esbuild').Plugin}
 */
function withoutCopiesOfNamespaces() {
  const whole = /^import (?:\* as )?(\w+) from '(vscode|node:[\w/]+)';$/gm;
  return {
    name: 'without-copies-of-namespaces',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replaceAll(whole, "import $1 = require('$2');"),
        loader: 'ts',
      }));
    },
  };
}
