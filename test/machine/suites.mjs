// The suites of `npm test`, in the order in which they run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianTar } from './baseImage.mjs';
import { ensureChromium } from './chromium.mjs';
import { buildBundles, packageVsix } from './dependencies.mjs';
import { canRunDesktopVsCode } from './desktopVsCode.mjs';
import { ensureDocker29 } from './dockerEngines.mjs';
import { runEditorSuite } from './editorSuite.mjs';
import { ensureLessonArchive } from './lessonImages.mjs';
import { ensureTenArchive } from './tenImages.mjs';
import { ensureGoTool } from './goTools.mjs';
import { MissingComponent } from './missing.mjs';
import { runMocha } from './mochaSuite.mjs';
import { installOldestNode, node24, node24Environment } from './nodes.mjs';
import { canInstallPackages, installDebianPackages } from './programs.mjs';
import { buildOldestNodeTree } from './oldestNodeTree.mjs';
import { oracleTools } from './oracleTools.mjs';
import { finish } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { say } from './say.mjs';
import { makeScratchFolder } from './scratchFolder.mjs';
import { installServedVsCode } from './servedVsCode.mjs';

/**
 * @typedef {object} SuiteOptions
 * @property {boolean} full
 * @property {string | undefined} grep
 *
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} what
 * @property {boolean} [onlyFull] runs with `--full`, or when it is named
 * @property {(options: SuiteOptions) => Promise<import('./results.mjs').Tally>} run sets up what it needs, then runs
 */

const minute = 60_000;

/** Everything that needs neither an editor nor an engine. */
const engineTests = ['engine', 'contracts', 'cli'].map((folder) => `test/${folder}/**/*.test.ts`);

/** @type {readonly Suite[]} */
export const suites = [
  { name: 'check', what: 'format, types, lint, import arrows, dead code', run: check },
  {
    name: 'engine',
    what: 'the engine and the command line on Node 24',
    run: async (options) => {
      await buildBundles();
      if (canInstallPackages) await installDebianPackages(oracleTools);
      return runMocha({
        ...plain(options),
        node: node24,
        files: [...engineTests, 'test/architecture/**/*.test.ts'],
      });
    },
  },
  {
    name: 'engine-oldest',
    what: 'the same on the Node of VS Code 1.101',
    run: async (options) => {
      const node = await installOldestNode();
      const root = makeScratchFolder('oldest');
      await buildOldestNodeTree(root);
      // By the environment, since the tests start processes and threads without the flags of their own.
      const env = environment(options, { NODE_OPTIONS: '--experimental-strip-types' });
      return runMocha({ ...plain(options), node, env, root, files: engineTests });
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
    what: 'beside real Docker Engines, Podman, registries, skopeo and umoci',
    run: async (options) => {
      await buildBundles();
      await prepareOracles();
      return runMocha({ ...slow(options), files: ['test/oracles/**/*.test.ts'] });
    },
  },
];

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
    testTimeoutMs: 20_000,
    suiteTimeoutMs: (full ? 60 : 20) * minute,
  };
}

/** @param {SuiteOptions} options */
function slow(options) {
  return {
    ...plain(options),
    node: node24,
    testTimeoutMs: 2 * minute,
    suiteTimeoutMs: (options.full ? 300 : 30) * minute,
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

async function prepareEditor() {
  await installServedVsCode();
  await ensureChromium();
}

const oraclePackages = [
  'attr',
  'busybox-static',
  'curl',
  'docker.io',
  'docker-registry',
  'openssh-server',
  'apache2-utils',
  'openssl',
];

/** Sets up what the machine allows; a test says itself which component it does not find. */
async function prepareOracles() {
  if (canInstallPackages) await installDebianPackages([...oraclePackages, ...oracleTools]);
  for (const prepare of [
    ensureDocker29,
    () => ensureGoTool('buildx'),
    () => ensureGoTool('docker'),
    () => ensureGoTool('buildkitd'),
    ensureDebianTar,
    ensureTenArchive,
    ensureLessonArchive,
  ]) {
    await prepare().catch((/** @type {unknown} */ error) => {
      if (!(error instanceof MissingComponent)) throw error;
    });
  }
}
