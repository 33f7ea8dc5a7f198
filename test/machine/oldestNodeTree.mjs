// A copy of the sources and tests in the JavaScript that the oldest Node knows (it has no `using`), file by file
// as the build makes the product. The files keep their places and names, so that what they say of one another
// stays true; whatever is no TypeScript is linked.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repoRoot } from './repository.mjs';

const made = ['src', 'test'];
const leftOut = [...made, 'out', '.git', '.vscode-test', 'test-results'];

/** @param {string} root an empty folder, which becomes the root of the copy */
export async function buildOldestNodeTree(root) {
  for (const name of readdirSync(repoRoot).filter((entry) => !leftOut.includes(entry))) link(root, name);
  const parts = made.flatMap((folder) => partsOf(folder));
  for (const part of parts) if (!part.endsWith('.ts')) link(root, part);
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: repoRoot,
    entryPoints: parts.filter((part) => part.endsWith('.ts')),
    outbase: '.',
    outdir: root,
    outExtension: { '.js': '.ts' },
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'warning',
  });
}

/**
 * The files of a folder; of one without any TypeScript, the folder itself.
 * @param {string} folder
 * @returns {string[]} relative to the repository
 */
function partsOf(folder) {
  const entries = readdirSync(join(repoRoot, folder), { withFileTypes: true });
  const parts = entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? partsOf(path) : [path];
  });
  return parts.some((part) => part.endsWith('.ts')) ? parts : [folder];
}

/** @param {string} root @param {string} path */
function link(root, path) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(join(repoRoot, path), join(root, path));
}
