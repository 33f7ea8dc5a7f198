// The suites of `npm test`, in the order in which they run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundles, packageVsix } from './dependencies.mjs';
import { canRunDesktopVsCode } from './desktopVsCode.mjs';
import { runEditorSuite } from './editorSuite.mjs';
import { runMocha } from './mochaSuite.mjs';
import { installOldestNode, node24, node24Environment } from './nodes.mjs';
import { buildOldestNodeTree } from './oldestNodeTree.mjs';
import { prepareEditor, prepareEngineTests, prepareOracles } from './preparations.mjs';
import { finish } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { say } from './say.mjs';
import { makeScratchFolder } from './scratchFolder.mjs';

/**
 * @typedef {object} SuiteOptions
 * @property {boolean} full
 * @property {string | undefined} grep
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} what
 * @property {boolean} [onlyFull] runs with `--full`, or when it is named
 * @property {boolean} [isBeside] runs at the same time as the one before, and shows nothing meanwhile
 * @property {(options: SuiteOptions) => Promise<import('./results.mjs').Tally>} run sets up what it needs, then runs
 */

const minute = 60_000;

/** Everything that needs neither an editor nor an engine. */
const engineTests = ['engine', 'contracts', 'cli'].map((folder) => `test/${folder}/**/*.test.ts`);

/** What only computes is the same on every Node, and what takes long has been tried on the other one; a full run has all. */
const notForOldest = [
  ...['compare', 'oci', 'rootfs'].map((room) => `test/engine/${room}/**`),
  ...['buildah', 'cache', 'classic', 'contentKey', 'createdBy'].map((room) => `test/engine/build/${room}/**`),
  ...['dockerfile', 'ignorefile', 'operationKey', 'plan', 'vertices'].map(
    (room) => `test/engine/build/${room}/**`,
  ),
  'test/engine/store/everyFault.test.ts',
];

/** What goes into the other half of the oracles, so that both take as long. */
const besideBuilds = ['test/oracles/docker.test.ts'];

/** @type {readonly Suite[]} */
export const suites = [
  { name: 'check', what: 'format, types, lint, import arrows, dead code', run: check },
  {
    name: 'engine',
    what: 'the engine and the command line on Node 24',
    run: async (options) => {
      await buildBundles();
      await prepareEngineTests();
      return runMocha({
        ...plain(options),
        node: node24,
        files: [...engineTests, 'test/architecture/**/*.test.ts'],
      });
    },
  },
  {
    name: 'engine-oldest',
    what: 'on the Node of VS Code 1.101, what meets the system',
    isBeside: true,
    run: async (options) => {
      await buildBundles();
      await prepareEngineTests();
      const node = await installOldestNode();
      const root = makeScratchFolder('oldest');
      await buildOldestNodeTree(root);
      // By the environment, since the tests start processes and threads without the flags of their own.
      const env = environment(options, { NODE_OPTIONS: '--experimental-strip-types' });
      const leftOut = options.full ? [] : notForOldest;
      return runMocha({ ...plain(options), node, env, root, files: engineTests, leftOut, show: false });
    },
  },
  {
    name: 'editor',
    what: 'in the extension host of a real VS Code',
    run: async (options) => {
      await buildBundles();
      await prepareEditor();
      return runEditorSuite({ ...editor(options), withEngines: true });
    },
  },
  {
    name: 'editor-oldest',
    what: 'in the extension host of VS Code 1.101, where that can be downloaded',
    onlyFull: true,
    run: async (options) => {
      if (!(await canRunDesktopVsCode())) return noDesktop();
      await buildBundles();
      return runEditorSuite({ ...editor(options), version: '1.101.0' });
    },
  },
  {
    name: 'browser',
    what: 'as a person, in the served VS Code with the packed extension',
    run: async (options) => {
      await prepareEditor();
      const env = environment(options, { LAMINA_VSIX: await packageVsix() });
      return runMocha({ ...slow(options), env, files: ['test/e2e/**/*.test.ts'] });
    },
  },
  {
    name: 'oracles',
    what: 'images beside real Docker Engines, Podman, registries, skopeo and umoci',
    run: (options) => runOracles(options, { files: ['test/oracles/*.test.ts'], leftOut: besideBuilds }),
  },
  {
    name: 'oracles-builds',
    what: 'history, builds and containers likewise; shown when they have ended',
    isBeside: true,
    run: (options) =>
      runOracles(options, { files: [...besideBuilds, 'test/oracles/*/*.test.ts'], show: 'afterwards' }),
  },
];

/** @param {SuiteOptions} options @param {Pick<import('./mochaSuite.mjs').MochaSuite, 'files' | 'leftOut' | 'show'>} which */
async function runOracles(options, which) {
  await buildBundles();
  await prepareOracles();
  return runMocha({ ...slow(options), ...which });
}

/** @returns {Promise<import('./results.mjs').Tally>} each `check:` script counts as one test */
async function check() {
  const { scripts } = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8'));
  const names = Object.keys(scripts).filter((name) => name.startsWith('check:'));
  const failures = [];
  for (const name of names) {
    const env = node24Environment();
    const { code, ending, stdout, stderr } = await finish('npm', ['run', '--silent', name], {
      cwd: repoRoot,
      env,
    });
    console.log(`    ${code === 0 ? '✔' : '✘'} ${name}`);
    if (code !== 0) failures.push({ title: name, message: `${stdout}${stderr}`.trim() || ending });
  }
  return { passed: names.length - failures.length, skipped: 0, failures };
}

/** @param {SuiteOptions} options */
function plain({ full, grep }) {
  return {
    grep,
    env: environment({ full, grep }),
    testTimeoutMs: minute,
    suiteTimeoutMs: (full ? 60 : 20) * minute,
  };
}

/** @param {SuiteOptions} options */
function slow(options) {
  return {
    ...plain(options),
    node: node24,
    testTimeoutMs: 2 * minute,
    suiteTimeoutMs: (options.full ? 600 : 30) * minute,
  };
}

/** @param {SuiteOptions} options */
function editor({ full, grep }) {
  return { grep, env: environment({ full, grep }), timeoutMs: (full ? 30 : 10) * minute };
}

/**
 * @param {SuiteOptions} options @param {NodeJS.ProcessEnv} [more]
 * @returns {NodeJS.ProcessEnv}
 */
function environment({ full }, more = {}) {
  return node24Environment({ ...(full && { LAMINA_TEST_FULL: '1' }), ...more });
}

/** @returns {import('./results.mjs').Tally} not a failure in CI either: no registry of packages carries it */
function noDesktop() {
  say('not found: a desktop VS Code 1.101');
  return { passed: 0, skipped: 1, failures: [] };
}
