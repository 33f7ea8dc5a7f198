// Builds the bundles, each one CommonJS file: the engine, its two hosts (the extension, the command line and what starts
// it), the worker and the indexer. Both hosts load the engine when they first use it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const minify = process.argv.includes('--minify');
const require = createRequire(import.meta.url);
const seldomUsed = [
  'child_process',
  'crypto',
  'dns/promises',
  'http',
  'http2',
  'https',
  'tls',
  'worker_threads',
];
const membersOfNode = await Promise.all(seldomUsed.map(membersOf));

const engine = await bundle({
  entryPoints: { engine: 'src/engine/index.ts', worker: 'src/worker.ts', indexer: 'src/indexer.ts' },
  banner: { js: loadedWhenUsed(membersOfNode) },
  plugins: [withoutCopiesOfNamespaces()],
});
const membersOfEngine = Object.keys(require('./dist/engine.js'));
const hosts = await bundle({
  entryPoints: { extension: 'src/extension.ts', cliMain: 'src/cli.ts' },
  banner: { js: loadedWhenUsed([...membersOfNode, ['./engine.js', membersOfEngine]]) },
  plugins: [withoutCopiesOfNamespaces(), withTheEngineApart()],
});

// Node keeps the compiled form of what is required after this (in its folder for that, below the temporary one).
writeFileSync('dist/cli.js', "require('node:module').enableCompileCache?.();\nrequire('./cliMain.js');\n");

mkdirSync('out', { recursive: true });
const sizes = { ...engine.metafile.outputs, ...hosts.metafile.outputs };
writeFileSync('out/bundle-sizes.json', JSON.stringify(sizes, undefined, 2));

/** @param {Pick<import('esbuild').BuildOptions, 'entryPoints' | 'banner' | 'plugins'>} parts */
function bundle(parts) {
  return build({
    ...parts,
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
}

/** @param {string} name @returns {Promise<readonly [string, readonly string[]]>} */
async function membersOf(name) {
  return [`node:${name}`, Object.keys(await import(`node:${name}`)).filter(isNamed)];
}

/**
 * Lets these modules load when one of their members is first used: most of what a bundle imports is not for what
 * it is just asked to do, and loading all of it takes longer than the work of `lamina ls`.
 *
 * @param {readonly (readonly [string, readonly string[]])[]} members of each
 * @returns {string} a program that stands before the bundle and takes the place of its `require`
 */
function loadedWhenUsed(members) {
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

/**
 * The door of the engine is a bundle of its own, so that a host starts without it and both share it.
 *
 * @returns {import('esbuild').Plugin}
 */
function withTheEngineApart() {
  return {
    name: 'with-the-engine-apart',
    setup({ onResolve }) {
      onResolve({ filter: /[\\/]engine[\\/]index\.ts$/ }, () => ({ path: './engine.js', external: true }));
    },
  };
}
