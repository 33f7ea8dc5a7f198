import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { measureBuilds, measureTransfer } from './builds.ts';
import { measureContainers } from './containers.ts';
import { tinyImage, zerosImage } from './containerShapes.ts';
import { type WrittenContext, writeContext } from './contextShape.ts';
import { measureDockerArchive, measureIndexing, measureShape } from './indexing.ts';
import { fastest, measureProcess } from './measureProcess.ts';
import { measureInProcess, measureReopening, measureSizes, measureHost } from './reading.ts';
import { exceeded, readBudgets, type Report, tableOf } from './report.ts';
import { measureRegistry } from './registry.ts';
import { deepImage, ordinaryImage, type Shape, shapesVersion, stereoscopeShapes } from './shapes.ts';
import { folderBytes, output, program, Record, root } from './workshop.ts';
import { type WrittenShape, writeShape } from './writeShape.ts';

/*
 * `npm run bench [-- --small] [-- --host] [-- --registry] [-- --containers] [-- --builds]`: makes its inputs (kept in out/bench, which git ignores), measures Lamina and what else
 * reads images, and prints a table; the same as JSON goes to out/bench/report.json. Ratios are of figures of one run.
 * `--host` measures in a real VS Code too.
 * `--registry` measures transfers with a real registry, and nothing else; `--containers` containers beside those of engines, `--builds` build contexts and Dockerfiles beside docker build. `--small` is CI's: inputs of a third, and failure beyond twice a ceiling of budgets.json.
 */
const isSmall = process.argv.includes('--small');
const record = new Record();
await main();

async function main(): Promise<void> {
  buildProgram();
  if (process.argv.includes('--containers')) {
    await containersAlone();
    return;
  }
  if (process.argv.includes('--builds')) {
    await buildsAlone();
    return;
  }
  const { ordinary, deep, shapes } = await writeInputs();
  if (process.argv.includes('--registry')) {
    await measureRegistry(record, ordinary, 3);
    report([ordinary]);
    return;
  }
  const start = await fastest(5, () => measureProcess(process.execPath, ['-e', '0']));
  record.add({ id: 'node-start', what: "Node's own start", value: start.milliseconds, unit: 'ms' });
  const inflate = await measureIndexing(record, ordinary, isSmall ? 3 : 2);
  await measureDockerArchive(record, ordinary, inflate);
  await measureReopening(record, ordinary, start);
  await measureInProcess(record, ordinary, deep);
  for (const shape of shapes) await measureShape(record, shape);
  measureSizes(record);
  const context = writeBuildContext();
  await measureBuilds(record, context);
  if (process.argv.includes('--host')) await measureHost(record, ordinary);
  else record.miss('activation and blocks of the extension host: --host runs them in a real VS Code');
  report([ordinary, deep, ...shapes], context);
}

async function containersAlone(): Promise<void> {
  const gigabytes = isSmall ? 2 : 4;
  const folder = inputFolder();
  const [tiny, large] = [await write(tinyImage, folder), await write(zerosImage(gigabytes), folder)];
  await measureContainers(record, { tiny, large, gigabytes, rounds: isSmall ? 2 : 4, isSmall });
  report([tiny, large]);
}

async function buildsAlone(): Promise<void> {
  const context = writeBuildContext();
  await measureBuilds(record, context);
  await measureTransfer(record, context).catch((error: unknown) => {
    record.miss(`docker build: ${error instanceof Error ? error.message : String(error)}`);
  });
  report([], context);
}

function writeBuildContext(): WrittenContext {
  return isSmall ? writeContext(inputFolder(), 10_000, 0.4e9) : writeContext(inputFolder(), 50_000, 2e9);
}

/** Builds as for a release, and takes the bundles aside: others may build meanwhile. */
function buildProgram(): void {
  spawnSync(process.execPath, ['esbuild.mjs', '--minify'], { cwd: root, stdio: 'inherit' });
  cpSync(path.join(root, 'dist'), program, { recursive: true, filter: (file) => !file.endsWith('.map') });
}

interface Inputs {
  readonly ordinary: WrittenShape;
  readonly deep: WrittenShape;
  readonly shapes: readonly WrittenShape[];
}

async function writeInputs(): Promise<Inputs> {
  const folder = inputFolder();
  const ordinary = await write(
    isSmall ? ordinaryImage('ordinary', 20_000, 540e6) : ordinaryImage('ordinary', 60_000, 1.63e9),
    folder,
  );
  const deep = await write(isSmall ? deepImage('deep', 30, 5000) : deepImage('deep', 100, 10_000), folder);
  const shapes: WrittenShape[] = [];
  for (const shape of stereoscopeShapes(isSmall ? 0.1 : 1)) shapes.push(await write(shape, folder));
  return { ordinary, deep, shapes };
}

function inputFolder(): string {
  const folder = path.join(output, `inputs-${shapesVersion}-${isSmall ? 'small' : 'full'}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function write(shape: Shape, folder: string): Promise<WrittenShape> {
  console.error(`input ${shape.name}: ${shape.what}`);
  return writeShape(shape, folder);
}

function report(inputs: readonly WrittenShape[], context?: WrittenContext): void {
  const budgets = readBudgets();
  const result: Report = {
    date: new Date().toISOString(),
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`,
    node: process.version,
    isSmall,
    inputs: [
      ...inputs.map(
        ({ shape, oci }) =>
          `${shape.name}: ${shape.what} (${(folderBytes(oci) / 1e6).toFixed(0)} MB in gzip layers)`,
      ),
      ...(context === undefined ? [] : [`context: ${context.what}`]),
    ],
    figures: record.figures,
    missing: record.missing,
  };
  writeFileSync(path.join(output, 'report.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(tableOf(result, budgets));
  const over = isSmall ? exceeded(result, budgets, 2) : [];
  for (const { what, ratio } of over)
    console.error(`more than twice its budget: ${what}, ${ratio?.toPrecision(3) ?? ''}`);
  process.exitCode = over.length === 0 ? 0 : 1;
}
