import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { runCli } from './cli/runCli.ts';
import { StreamOutput } from './cli/streamOutput.ts';
import { createEngine, type Engine, type Logger } from './engine/index.ts';

// The command line: the engine's second host. It makes the real objects and hands them to `runCli`.

const here = path.dirname(realpathSync(process.argv[1] ?? '.'));

void main();

async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    stdout: new StreamOutput(process.stdout),
    stderr: new StreamOutput(process.stderr),
    stdin: process.stdin.isTTY ? undefined : () => process.stdin,
    env: process.env,
    platform: process.platform,
    signal: interruption(),
    now: () => new Date(),
    version: readVersion,
    openEngine,
  });
}

/** The first Ctrl-C asks the work to stop and clean up; a second one stops the process as it always would. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(here, '../package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}

function openEngine(storeDirectory: string | undefined, log: Logger): Engine {
  return createEngine({ storeDirectory, log, bundles: here, isAlone: true });
}
