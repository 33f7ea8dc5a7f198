import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import path from 'node:path';
import { contextWorkBeside } from '../../src/engine/build/contextHash/contextWork.ts';
import { matchedSource } from '../../src/engine/build/contentKey/matchedSource.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { keyFormatOf } from '../../src/engine/build/operationKey/keyFormat.ts';
import { parseLayerPath } from '../../src/engine/index.ts';

/** What is measured within one process, printed as JSON: `node buildsInProcess.ts CONTEXT FILE BUNDLES SCRATCH`. */
export interface BuildsFigures {
  /** Nothing is known of the context. */
  readonly coldMs: number;
  /** A record of an earlier session is there, and everything is looked at again. */
  readonly recordMs: number;
  readonly refreshMs: number;
  /** After a save, what a status asks of the context. */
  readonly saveMs: { readonly p50: number; readonly p95: number };
  /** The same with `--exclude`, which has to be asked of each file. */
  readonly filteredMs: number;
  /** Of this thread, while all of that went on; and while nothing did, which is what the machine adds. */
  readonly longestBlockMs: number;
  readonly idleBlockMs: number;
  /** The shortest is what parsing takes when nothing else wants the processor. */
  readonly parseMs: { readonly first: number; readonly min: number; readonly p50: number };
  /** Of the processor, by all threads of this process. */
  readonly coldCpuMs: number;
  readonly saveCpuMs: number;
  /** What the process holds at most, beyond what it held before it looked at the context. */
  readonly memoryBytes: number;
}

const [directory = '', oneFile = '', bundles = '', scratch = ''] = process.argv.slice(2);
const saves = 20;
const rules = keyFormatOf('0.33');
const context = { directory, ignoreFile: readFileSync(path.join(directory, '.dockerignore'), 'utf8') };
const everything = selection('all', { path: parseLayerPath('/') });
const filtered = selection('filtered', matchedSource(parseLayerPath('/src'), { exclude: ['**/*.md'] }));
const dockerfile = `FROM base\n${Array.from({ length: 400 }, (_, at) => `RUN apt-get update && \\\n    apt-get install -y a${at} \\\n    "b c" # d\nENV A${at}="b c" D=$A${at}\nCOPY --chown=1:1 a${at} b /c/`).join('\n')}\n`;

console.log(JSON.stringify(await measure()));

async function measure(): Promise<BuildsFigures> {
  const parseMs = measureParsing();
  const records = mkdtempSync(path.join(scratch, 'records-'));
  const original = readFileSync(path.join(directory, oneFile));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  try {
    let work = contextWorkBeside(path.join(bundles, 'worker.js'), records);
    await work.view(context).contents([selection('none', { path: parseLayerPath('/Dockerfile') })], rules);
    const idleBlockMs = await measureIdle(delay);
    delay.enable();
    const heldBytes = process.resourceUsage().maxRSS * 1024;
    const started = process.cpuUsage();
    const coldMs = await timed(() => work.view(context).contents([everything], rules));
    const coldCpuMs = processorMs(started);
    const memoryBytes = process.resourceUsage().maxRSS * 1024 - heldBytes;
    await work.keepUpload(context, { name: 'last', selections: [everything, filtered] });
    const saving = process.cpuUsage();
    const saveMs = await measureSaves(work);
    const saveCpuMs = processorMs(saving) / saves;
    const refreshMs = await timed(() => work.refresh(context));
    const filteredMs = await timed(() => work.view(context, 'last').contents([filtered], rules));
    // The record is written some time after the last question.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await work[Symbol.asyncDispose]();
    work = contextWorkBeside(path.join(bundles, 'worker.js'), records);
    const recordMs = await timed(() => work.view(context, 'last').contents([everything], rules));
    delay.disable();
    await work[Symbol.asyncDispose]();
    const blocks = { longestBlockMs: delay.max / 1e6, idleBlockMs };
    const processor = { coldCpuMs, saveCpuMs, memoryBytes };
    return { coldMs, recordMs, refreshMs, saveMs, filteredMs, parseMs, ...blocks, ...processor };
  } finally {
    writeFileSync(path.join(directory, oneFile), original);
  }
}

/** How late this thread is while it has nothing to do. */
async function measureIdle(delay: ReturnType<typeof monitorEventLoopDelay>): Promise<number> {
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  delay.disable();
  const longest = delay.max / 1e6;
  delay.reset();
  return longest;
}

function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function measureSaves(work: ReturnType<typeof contextWorkBeside>): Promise<BuildsFigures['saveMs']> {
  const times: number[] = [];
  for (let round = 0; round < saves; round++) {
    appendFileSync(path.join(directory, oneFile), `// ${round}\n`);
    times.push(
      await timed(async () => {
        await work.changed(context, [oneFile]);
        const view = work.view(context, 'last');
        await view.contents([everything], rules);
        await view.differences(everything, 'last');
      }),
    );
  }
  times.sort((one, other) => one - other);
  return { p50: times[10] ?? 0, p95: times[18] ?? 0 };
}

function measureParsing(): BuildsFigures['parseMs'] {
  const times: number[] = [];
  for (let round = 0; round < 21; round++) {
    const started = performance.now();
    parseDockerfile(dockerfile);
    times.push(performance.now() - started);
  }
  const [first = 0, ...later] = times;
  later.sort((one, other) => one - other);
  return { first, min: later[0] ?? 0, p50: later[10] ?? 0 };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function selection(id: string, source: Parameters<typeof toSources>[0]) {
  return { id, origin: { kind: 'context' }, sources: toSources(source) } as const;
}

function toSources(
  source: ReturnType<typeof matchedSource> | { readonly path: ReturnType<typeof parseLayerPath> },
) {
  return [source];
}
