import { spawn } from 'node:child_process';
import path from 'node:path';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import type { BuildsFigures } from './buildsInProcess.ts';
import type { WrittenContext } from './contextShape.ts';
import { fastest, measureProcess } from './measureProcess.ts';
import { program, type Record, scratch } from './workshop.ts';

/** What a build context costs after a save and the first time, and parsing. */
export async function measureBuilds(record: Record, context: WrittenContext): Promise<void> {
  const figures = await measureInProcess(context);
  const { saveMs, coldMs, parseMs, longestBlockMs } = figures;
  record.compare('context-save', 'context: after a save, p50', saveMs.p50, 100, '100 ms');
  record.compare('context-save-p95', 'context: after a save, p95', saveMs.p95, 100, '100 ms');
  record.compare(
    'context-block',
    'context: longest block of the thread that asks',
    longestBlockMs,
    16,
    '16 ms',
  );
  record.add({
    id: 'idle-block',
    what: 'the same while nothing is asked',
    value: figures.idleBlockMs,
    unit: 'ms',
  });
  record.add({
    id: 'save-cpu',
    what: 'context: after a save, processor',
    value: figures.saveCpuMs,
    unit: 'ms',
  });
  const tar = await fastest(3, () => hashedTar(context));
  record.add({ id: 'tar-hash', what: 'tar c | sha256sum', value: tar.milliseconds, unit: 'ms' });
  record.compare('context-cold', 'context: first time', coldMs, tar.milliseconds, 'tar c | sha256sum');
  record.add({
    id: 'cold-cpu',
    what: 'context: first time, processor',
    value: figures.coldCpuMs,
    unit: 'ms',
  });
  record.add({
    id: 'context-memory',
    what: 'context: growth of the process, worker included',
    value: figures.memoryBytes,
    unit: 'bytes',
  });
  record.compare(
    'context-record',
    'context: first time in a session',
    figures.recordMs,
    tar.milliseconds,
    'tar c | sha256sum',
  );
  record.add({
    id: 'context-refresh',
    what: 'context: all of it looked at again',
    value: figures.refreshMs,
    unit: 'ms',
  });
  record.add({
    id: 'context-filter',
    what: 'context: a COPY --exclude of all of it',
    value: figures.filteredMs,
    unit: 'ms',
  });
  record.compare('parse', 'parsing 2000 lines of Dockerfile, shortest', parseMs.min, 10, '10 ms');
  record.add({ id: 'parse-p50', what: 'the same, p50', value: parseMs.p50, unit: 'ms' });
  record.add({ id: 'parse-first', what: 'the same, cold', value: parseMs.first, unit: 'ms' });
}

/** What docker says of its own "transferring context", which takes nothing from an earlier one. */
export async function measureTransfer(record: Record, context: WrittenContext): Promise<void> {
  const engine = await startDocker29({ store: 'containerd' });
  try {
    const milliseconds = await transferMs(engine.cli, engine.env, context);
    record.add({
      id: 'docker-transfer',
      what: 'docker build: transferring context',
      value: milliseconds,
      unit: 'ms',
    });
    const cold = record.figures.find(({ id }) => id === 'context-cold');
    if (cold !== undefined)
      record.compare(
        'context-cold-docker',
        'context: first time, beside docker',
        cold.value,
        milliseconds,
        "docker's transfer",
      );
  } finally {
    await engine.stop();
  }
}

async function measureInProcess({ directory, oneFile }: WrittenContext): Promise<BuildsFigures> {
  const file = path.join(import.meta.dirname, 'buildsInProcess.ts');
  const args = ['--no-warnings', file, directory, oneFile, program, scratch];
  const { stdout } = await measureProcess(process.execPath, args, { keepOutput: true });
  return JSON.parse(stdout) as BuildsFigures;
}

function hashedTar({ directory, ignored }: WrittenContext): ReturnType<typeof measureProcess> {
  const command = 'tar cf - --exclude="./$1" -C "$0" . | sha256sum';
  return measureProcess('sh', ['-c', command, directory, ignored]);
}

/** `#5 transferring context: 524.29MB 3.2s done` */
async function transferMs(
  cli: string,
  env: NodeJS.ProcessEnv,
  { directory }: WrittenContext,
): Promise<number> {
  const child = spawn(cli, ['build', '--progress=plain', directory], {
    env: { ...env, DOCKER_BUILDKIT: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // The file of what is ignored has a transfer of its own, which is short.
  const seconds = Array.from(said.matchAll(/transferring context: \S+ ([\d.]+)s/g), ([, each]) =>
    Number(each),
  );
  if (code !== 0 || seconds.length === 0) throw new Error(`docker build said\n${said.slice(-2000)}`);
  return Math.max(...seconds) * 1000;
}
