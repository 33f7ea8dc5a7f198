import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Container } from '../../../src/engine/snapshots/container.ts';
import { openSnapshotter } from '../../../src/engine/snapshots/openSnapshotter.ts';
import { orSkip } from '../../machine/missing.mjs';
import { ensureOperateProgram } from '../../machine/operateProgram.mjs';
import { applyOperation } from '../../support/applyOperation.ts';
import { baseOf } from '../../support/containerFixture.ts';
import { kindsOfChange, sequencesOfKinds } from '../../support/kindsOfChange.ts';
import { runLamina } from '../../support/runLamina.ts';
import { sequencesImage } from '../../support/sequencesImage.ts';
import { isBelow } from '../../support/shownFile.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { EngineContainer } from './engineContainer.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

/** Docker 20.10 takes block devices for folders (see `exemptions` in compareSequences.ts). */
const otherIn20 = new Set(['time of a block device', 'a folder became a block device']);

/** `lamina diff CONTAINER` beside `docker diff`, for each kind of change (formats.md §3.1). */
describe('lamina diff of a container', function () {
  this.timeout(600_000);
  const store = tempDir().file('store');
  const sequences = sequencesOfKinds();
  let archive = '';
  let ours: readonly string[] = [];
  before(async function () {
    const program = readFileSync(await orSkip(this, ensureOperateProgram));
    const image = sequencesImage('docker.io/library/kinds:1', program, sequences);
    archive = writeDockerArchive(image, tempDir().file('kinds.tar'), { shape: 'modern' });
    await lamina('create', archive, '--name', 'changed');
    const snapshotter = await openSnapshotter(store);
    await change(await snapshotter.open(await snapshotter.find('changed'), baseOf(image)));
    ours = linesOf(await lamina('diff', 'container:changed'));
  });

  for (const [name, start] of Object.entries(runningEngines).filter(([each]) => each !== 'Podman'))
    it(`lists what ${name} lists, ${sequences.length} kinds`, async function () {
      const engine: RunningEngine = await orSkip(this, start);
      try {
        await engine.cli(['load', '-i', archive]);
        await using container = await EngineContainer.run(engine, 'kinds:1', sequences);
        assert.ok(container.changed.endings.flat().every((ending) => ending === ''));
        const theirs = await container.diff();
        const differing = Object.keys(kindsOfChange).flatMap((kind, at) => {
          const { roots } = sequences[at]!;
          const [own, other] = [ours, theirs].map((lines) =>
            lines.filter((line) => isBelow(line.slice(2), roots)).sort(),
          );
          return String(own) === String(other) ? [] : [{ kind, own, other }];
        });
        const known = name.includes('20.10') ? otherIn20 : new Set<string>();
        assert.deepEqual(
          differing.filter(({ kind }) => !known.has(kind)),
          [],
        );
        assert.equal(differing.length, known.size);
      } finally {
        await engine.stop();
      }
    });

  async function lamina(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runLamina(args, { store });
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function change(container: Container): Promise<void> {
    for (const operation of sequences.flatMap(({ operations }) => operations)) {
      const text = 'text' in operation ? operation.text : '';
      const pieces = text === '' ? [] : await container.write(Buffer.from(text, 'latin1'));
      await container.change((upper) => {
        applyOperation(upper, operation, () => pieces);
      });
    }
  }
});

function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}
