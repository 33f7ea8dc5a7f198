// `npm start`: shows Lamina on its bundled sample. Opens the desktop VS Code where `code` is there and can show
// a window, else serves VS Code and prints its address until Ctrl-C.
//
//   --served            serves VS Code even where there is a desktop one
//   --screenshot FILE   shows it to nobody: saves a picture and ends
//
// Everything that it installs is said, one line each; what is there already is used again.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheRoot } from './cache.mjs';
import { buildBundles, ensureDependencies, packageVsix } from './dependencies.mjs';
import { hasDisplay } from './desktopVsCode.mjs';
import { node24, node24Environment } from './nodes.mjs';
import { freePort } from './ports.mjs';
import { findProgram, isRoot } from './programs.mjs';
import { run, startService } from './processes.mjs';
import { repoRoot } from './repository.mjs';
import { say } from './say.mjs';
import { installServedVsCode, writeMachineSettings } from './servedVsCode.mjs';

const sample = join(repoRoot, 'media', 'sample');
/**
 * Settings and extensions of this clone's VS Code, kept from one start to the next. Not in the clone, because a
 * socket lies in it, whose path must be short.
 */
const data = join(cacheRoot, `start-${createHash('sha256').update(repoRoot).digest('hex').slice(0, 8)}`);

try {
  await start();
} catch (error) {
  console.error(`npm start failed: ${inOneLine(error instanceof Error ? error.message : String(error))}`);
  process.exitCode = 1;
}

async function start() {
  const { values } = parseArgs({ options: { screenshot: { type: 'string' }, served: { type: 'boolean' } } });
  if (!existsSync(sample)) throw new Error(`${sample} is missing`);
  await ensureDependencies();
  if (values.screenshot) return takeScreenshot(resolve(values.screenshot));
  const code = findProgram('code');
  if (code && hasDisplay() && !values.served) return openDesktop(code);
  return serve();
}

/** @param {string} file */
async function takeScreenshot(file) {
  await packageVsix();
  const script = join(repoRoot, 'test', 'e2e', 'takeScreenshot.ts');
  const quiet = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'];
  await run(node24, [...quiet, script, file], { env: node24Environment(), show: true, timeoutMs: 300_000 });
  say(`picture saved: ${file}`);
}

/** @param {string} code */
async function openDesktop(code) {
  await buildBundles();
  const args = [
    '--new-window',
    `--extensionDevelopmentPath=${repoRoot}`,
    '--user-data-dir',
    join(data, 'desktop'),
  ];
  await run(code, [...args, ...(isRoot ? ['--no-sandbox'] : []), sample], { env: await environment() });
  say('VS Code is open; Lamina is in its activity bar');
}

async function serve() {
  const vsix = await packageVsix();
  const entry = join(await installServedVsCode(), 'out', 'node', 'entry.js');
  const folder = join(data, 'served');
  await writeMachineSettings(join(folder, 'user-data'));
  const env = await environment();
  const places = [
    ...['--config', join(folder, 'config.yaml'), '--user-data-dir', join(folder, 'user-data')],
    ...['--extensions-dir', join(folder, 'extensions')],
  ];
  await run(node24, [entry, ...places, '--install-extension', vsix, '--force'], { env });
  const port = await freePort();
  const quiet = [
    '--auth',
    'none',
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
  ];
  const service = await startService(
    node24,
    [entry, ...places, ...quiet, '--bind-addr', `127.0.0.1:${port}`, sample],
    { env, log: join(folder, 'log'), isReady: (output) => output.includes('HTTP server listening') },
  );
  say('VS Code is served; Lamina is in its activity bar. Ctrl-C ends it.');
  console.log(`\n  http://127.0.0.1:${port}/?folder=${encodeURI(sample)}\n`);
  while (service.isRunning()) await new Promise((done) => setTimeout(done, 500));
  throw new Error(`the server ended; its log is ${service.log}`);
}

/** Lamina opens the archives that `LAMINA_OPEN` names when it is first looked at. */
async function environment() {
  const archives = (await readdir(sample)).filter((name) => /\.tar(\.gz|\.zst)?$/.test(name)).sort();
  return node24Environment({ LAMINA_OPEN: archives.map((name) => join(sample, name)).join(delimiter) });
}

/**
 * What failed and, of the output that follows it, the end.
 * @param {string} message
 */
function inOneLine(message) {
  const [first = '', ...output] = message.split('\n').filter((line) => line.trim());
  const last = output.at(-1)?.trim();
  return last ? `${first} (${last})` : first;
}
