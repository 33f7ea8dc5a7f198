import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import { openPodmanStore } from '../machine/podmanStore.mjs';
import { Random } from '../support/random.ts';
import { largeFile, smallFile } from './containerShapes.ts';
import { ContentPool } from './contentPool.ts';
import { measureProcess } from './measureProcess.ts';
import { freshStore, program, type Record, runLamina, scratch } from './workshop.ts';
import type { WrittenShape } from './writeShape.ts';

/** The images that containers are made of, by size. */
export interface ContainerInputs {
  readonly tiny: WrittenShape;
  readonly large: WrittenShape;
  /** Gigabytes of the large one. */
  readonly gigabytes: number;
  readonly rounds: number;
  readonly isSmall: boolean;
}

/** What is measured with each tool. Every call is a whole process of the tool's own command line. */
interface Tool {
  readonly name: string;
  create(image: 'tiny' | 'large', container: string): Promise<number>;
  copyIn(file: string, container: string, to: string): Promise<number>;
  /** One line at the end of a file that the image has. */
  append(container: string, file: string): Promise<number>;
  diff(container: string): Promise<number>;
  commit(container: string, name: string): Promise<number>;
  remove(container: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Containers of the store beside those of engines: made of a small and of a large image, first writes to a small and to a
 * large file, a diff of many files, a commit of a large one.
 */
export async function measureContainers(record: Record, inputs: ContainerInputs): Promise<void> {
  const tools: Tool[] = [await openLamina(inputs)];
  for (const open of [openDocker, openPodman])
    await open(inputs).then(
      (tool) => tools.push(tool),
      (error: unknown) => {
        record.miss(`containers of an engine: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  const times = new Times(record);
  try {
    await measureAll(tools, inputs, times);
  } finally {
    for (const tool of tools) await tool.stop();
  }
}

async function measureAll(tools: readonly Tool[], inputs: ContainerInputs, times: Times): Promise<void> {
  const { rounds, gigabytes, isSmall } = inputs;
  const files = isSmall ? 2000 : 10_000;
  const sources = writeSources(files, isSmall ? 100e6 : 1e9);
  for (let round = 0; round < rounds; round++)
    // In turns, and each first in every other round.
    for (const tool of round % 2 === 0 ? tools : tools.toReversed()) {
      const take = (id: string, time: Promise<number>): Promise<void> => times.take(id, tool.name, time);
      await take('create-tiny', tool.create('tiny', `tiny${round}`));
      await take('create-large', tool.create('large', `large${round}`));
      await take('write-small', tool.copyIn(sources.line, `large${round}`, smallFile));
      await take('write-large', tool.append(`large${round}`, largeFile));
      await take('copy-many', tool.copyIn(sources.many, `tiny${round}`, '/many'));
      await take('diff-many', tool.diff(`tiny${round}`));
      for (const name of ['tiny', 'large']) await tool.remove(`${name}${round}`);
      if (round > 1) continue;
      await tool.create('tiny', `commit${round}`);
      await take('copy-large', tool.copyIn(sources.large, `commit${round}`, '/new'));
      await take('commit', tool.commit(`commit${round}`, `committed${round}`));
      await tool.remove(`commit${round}`);
    }
  times.tell('create-tiny', 'make a container of an image of 1 kB');
  times.tell('create-large', `make a container of an image of ${gigabytes} GB`);
  times.tellGrowth('create-large', 'create-tiny', `making one of ${gigabytes} GB`);
  times.tell('write-small', 'first write to a file of 1 kB (cp)');
  times.tell('write-large', 'first write to a file of 1 GB (a line more)');
  times.tell('copy-many', `copy ${files} files in`);
  times.tell('diff-many', `diff of ${files} files`);
  times.tell('copy-large', `copy ${isSmall ? '100 MB' : '1 GB'} in`);
  times.tell('commit', `commit of ${isSmall ? '100 MB' : '1 GB'}`);
}

/** The shortest of each: what else the machine does only ever adds. */
class Times {
  readonly #record: Record;
  readonly #best = new Map<string, Map<string, number>>();

  constructor(record: Record) {
    this.#record = record;
  }

  async take(id: string, tool: string, time: Promise<number>): Promise<void> {
    const milliseconds = await time;
    console.error(`  ${tool}: ${id} ${milliseconds.toFixed(0)} ms`);
    const known = this.#best.get(id) ?? new Map<string, number>();
    known.set(tool, Math.min(known.get(tool) ?? Infinity, milliseconds));
    this.#best.set(id, known);
  }

  tell(id: string, what: string): void {
    const best = this.#best.get(id) ?? new Map<string, number>();
    const ours = best.get(lamina) ?? 0;
    for (const [tool, value] of best) {
      if (tool === lamina) continue;
      // Without the version.
      const key = tool.replace(/ .*/, '');
      this.#record.add({ id: `${id}-${key}`, what: `${tool}: ${what}`, value, unit: 'ms' });
      this.#record.compare(`container-${id}-${key}`, `Lamina: ${what}`, ours, value, tool);
    }
    if (best.size === 1)
      this.#record.add({ id: `container-${id}`, what: `Lamina: ${what}`, value: ours, unit: 'ms' });
  }

  tellGrowth(id: string, than: string, what: string): void {
    const [larger, smaller] = [id, than].map((each) => this.#best.get(each)?.get(lamina) ?? 0);
    this.#record.compare(`container-growth`, `Lamina: ${what}`, larger ?? 0, smaller ?? 0, 'one of 1 kB');
  }
}

const lamina = 'lamina';

interface Sources {
  readonly line: string;
  readonly many: string;
  readonly large: string;
}

function writeSources(files: number, largeBytes: number): Sources {
  const folder = path.join(scratch, 'sources');
  const sources = {
    line: path.join(folder, 'line'),
    many: path.join(folder, 'many'),
    large: path.join(folder, 'large'),
  };
  mkdirSync(folder);
  writeFileSync(sources.line, 'another line\n');
  for (let file = 0; file < files; file++) {
    const into = path.join(sources.many, `folder${Math.floor(file / 100)}`);
    mkdirSync(into, { recursive: true });
    writeFileSync(path.join(into, `file${file}`), `content of ${file}\n`.repeat(20));
  }
  const pool = new ContentPool(new Random(5));
  writeFileSync(sources.large, pool.take(largeBytes));
  return sources;
}

async function openLamina({ tiny, large }: ContainerInputs): Promise<Tool> {
  const store = freshStore();
  const call = async (...args: readonly string[]): Promise<number> =>
    (await runLamina(args, store)).milliseconds;
  for (const { oci, shape } of [tiny, large]) await call('import', oci, `bench-${shape.name}`);
  const names = { tiny: `bench-${tiny.shape.name}`, large: `bench-${large.shape.name}` };
  // Files of an image are known once its layers were read for the first time.
  for (const name of Object.values(names)) await call('ls', name);
  const script = path.join(import.meta.dirname, 'containerAppend.ts');
  return {
    name: lamina,
    create: (image, container) => call('create', names[image], '--name', container),
    copyIn: (file, container, to) => call('cp', file, `${container}:${to}`),
    append: async (container, file) => {
      const args = ['--no-warnings', script, program, store, container, file];
      return (await measureProcess(process.execPath, args)).milliseconds;
    },
    diff: (container) => call('diff', container),
    commit: (container, name) => call('commit', container, name),
    remove: async (container) => {
      await call('rm', container);
    },
    stop: () => {
      rmSync(store, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

async function openDocker(inputs: ContainerInputs): Promise<Tool> {
  const engine = await startDocker29({ store: 'containerd' });
  try {
    return await openEngine(
      `docker ${engine.version.split('.')[0] ?? ''}`,
      engine.docker,
      inputs,
      [],
      engine.stop,
    );
  } catch (error) {
    await engine.stop();
    throw error;
  }
}

async function openPodman(inputs: ContainerInputs): Promise<Tool> {
  const { podman, stop } = await openPodmanStore();
  const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024'];
  return openEngine('podman', podman, inputs, limits, () => {
    stop();
    return Promise.resolve();
  });
}

type Call = (args: readonly string[], options?: { readonly timeoutMs?: number }) => Promise<string>;

async function openEngine(
  name: string,
  call: Call,
  { tiny, large }: ContainerInputs,
  limits: readonly string[],
  stop: () => Promise<void>,
): Promise<Tool> {
  for (const [image, { dockerArchive }] of Object.entries({ tiny, large })) {
    await call(['load', '-i', dockerArchive]);
    await call(['tag', 'bench:latest', `bench-${image}`]);
  }
  const timed = async (...args: readonly string[]): Promise<number> => {
    const started = performance.now();
    await call(args);
    return performance.now() - started;
  };
  const place = ['--network=host', ...limits];
  return {
    name,
    create: (image, container) =>
      timed('create', '-i', ...place, '--name', container, `bench-${image}`, '/bin/sh', '-c', 'read line'),
    copyIn: (file, container, to) => timed('cp', file, `${container}:${to}`),
    // A shell that runs already: only the write and the way to it count.
    append: async (container, file) => {
      await call(['start', container]);
      return timed('exec', container, '/bin/sh', '-c', `echo one more line >> ${file}`);
    },
    diff: (container) => timed('diff', container),
    commit: (container, image) => timed('commit', container, image),
    remove: async (container) => {
      await call(['rm', '-f', container]);
    },
    stop,
  };
}
