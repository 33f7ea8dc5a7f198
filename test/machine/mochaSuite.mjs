// Runs test files in plain Node, which strips their types itself.
import { join } from 'node:path';
import { finish } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { readTally } from './results.mjs';
import { makeScratchFolder, removeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} MochaSuite
 * @property {string} node the program
 * @property {readonly string[]} files glob patterns
 * @property {readonly string[]} [leftOut] glob patterns of files among them that are not run
 * @property {string} [root] where the patterns start, in place of the repository
 * @property {number} testTimeoutMs
 * @property {number} suiteTimeoutMs
 * @property {string | undefined} [grep]
 * @property {boolean | 'afterwards'} [show] passes its output through, at once or when it has ended; true when it is not given
 * @property {NodeJS.ProcessEnv} [env]
 */

/** Every import of a module without `"type"` and every stripped type would be warned of. */
const quietNode = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'];

/**
 * @param {MochaSuite} suite
 * @returns {Promise<import('./results.mjs').Tally>}
 */
export async function runMocha(suite) {
  const scratch = makeScratchFolder('results');
  const results = join(scratch, 'results.jsonl');
  const mocha = join(repoRoot, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = join(repoRoot, 'test', 'machine', 'resultsReporter.mjs');
  const args = [
    ...['--timeout', String(suite.testTimeoutMs), '--reporter', reporter],
    ...(suite.grep ? ['--grep', suite.grep] : []),
    ...(suite.leftOut ?? []).flatMap((pattern) => ['--ignore', pattern]),
    ...suite.files,
  ];
  // Programs that tests start from their source are many, and stripping its types takes longer than what they do.
  const compiled = { NODE_COMPILE_CACHE: join(scratch, 'compiled') };
  try {
    const { show = true } = suite;
    const { code, ending, stdout, stderr } = await finish(suite.node, [...quietNode, mocha, ...args], {
      cwd: suite.root ?? repoRoot,
      env: { ...process.env, ...compiled, ...suite.env, LAMINA_TEST_RESULTS: results },
      timeoutMs: suite.suiteTimeoutMs,
      show: show === true,
    });
    if (show === 'afterwards') console.log(stdout + stderr);
    return readTally(results, { ending, endedItself: code !== null, mayBeEmpty: suite.grep !== undefined });
  } finally {
    removeScratchFolder(scratch);
  }
}
