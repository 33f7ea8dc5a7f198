import { gunzipSync } from 'node:zlib';
import { readBlob } from '../../../src/engine/archive/readBlob.ts';
import { openImages } from '../../support/openImages.ts';
import type { OperationSequence } from '../../support/operationSequence.ts';
import { LayeredFiles, type ShownFile } from '../../support/shownFile.ts';
import { tempDir } from '../../support/tempDir.ts';
import type { ChangedContainer } from './ownContainers.ts';
import type { RunningEngine } from '../runningEngines.ts';

/** A container of an engine in which the sequences were done, with what its kernel shows at the end. */
export class EngineContainer implements AsyncDisposable {
  readonly #engine: Pick<RunningEngine, 'cli'>;
  readonly name: string;
  readonly changed: ChangedContainer;
  private constructor(engine: Pick<RunningEngine, 'cli'>, name: string, changed: ChangedContainer) {
    this.#engine = engine;
    this.name = name;
    this.changed = changed;
  }

  static async run(
    engine: Pick<RunningEngine, 'cli'>,
    image: string,
    sequences: readonly OperationSequence[],
  ): Promise<EngineContainer> {
    const name = `operated-${++count}`;
    const steps = sequences.flatMap(({ operations, roots }) => [
      ...operations,
      ...roots.map((path) => ({ do: 'list', path })),
    ]);
    const input = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
    const output = await engine.cli(['run', '-i', '--network=none', '--name', name, image], { input });
    const answers = output
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    if (answers.length !== steps.length)
      throw new Error(`${answers.length} answers to ${steps.length} steps: ${output.slice(-500)}`);
    return new EngineContainer(engine, name, sorted(sequences, answers));
  }

  /** Lines of `docker diff`. */
  async diff(): Promise<readonly string[]> {
    const output = await this.#engine.cli(['diff', this.name]);
    return output.split('\n').filter((line) => line !== '');
  }

  /** What a commit of it shows when it is saved and Lamina reads it. */
  async committed(): Promise<LayeredFiles> {
    const tag = `${this.name}:committed`;
    const file = tempDir().file('committed.tar');
    await this.#engine.cli(['commit', this.name, tag]);
    await this.#engine.cli(['save', '-o', file, tag]);
    await this.#engine.cli(['rmi', '-f', tag]);
    return new LayeredFiles(await tarsOf(file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.cli(['rm', '-f', this.name]);
  }
}

let count = 0;

function sorted(sequences: readonly OperationSequence[], answers: readonly unknown[]): ChangedContainer {
  const left = [...answers];
  const endings: (readonly string[])[] = [];
  const files: (readonly ShownFile[])[] = [];
  for (const { operations, roots } of sequences) {
    endings.push(left.splice(0, operations.length) as string[]);
    files.push((left.splice(0, roots.length) as ShownFile[][]).flat());
  }
  return { endings, files };
}

/** What the kernel shows in a container in which nothing was changed. */
export async function shownBy(
  engine: Pick<RunningEngine, 'cli'>,
  image: string,
  roots: readonly string[],
): Promise<readonly ShownFile[]> {
  const input = roots.map((path) => `${JSON.stringify({ do: 'list', path })}\n`).join('');
  const output = await engine.cli(['run', '--rm', '-i', '--network=none', image], { input });
  return output
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line) as ShownFile[]);
}

/** The plain layers of the only image in an archive, lowest first. */
async function tarsOf(file: string): Promise<readonly Buffer[]> {
  const { images } = await openImages(file);
  const layers = images[0]?.layers ?? [];
  return Promise.all(
    layers.map(async ({ blob }) => {
      const bytes = await readBlob(blob.location!, 2 ** 30, file);
      return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
    }),
  );
}
