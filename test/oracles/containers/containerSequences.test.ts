import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { orSkip } from '../../machine/missing.mjs';
import { ensureOperateProgram } from '../../machine/operateProgram.mjs';
import { requireTool } from '../../machine/oracleTools.mjs';
import { run } from '../../machine/processes.mjs';
import { isFullRun } from '../../support/fullRun.ts';
import { operationSequence, type OperationSequence } from '../../support/operationSequence.ts';
import { sequencesImage } from '../../support/sequencesImage.ts';
import { LayeredFiles, type ShownFile } from '../../support/shownFile.ts';
import { shrink } from '../../support/shrink.ts';
import { tempDir } from '../../support/tempDir.ts';
import {
  compareChanged,
  compared,
  compareLoaded,
  Comparison,
  type Difference,
  type EngineKind,
  exemptions,
} from './compareSequences.ts';
import { EngineContainer, shownBy } from './engineContainer.ts';
import { type OwnChanged, OwnContainers } from './ownContainers.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

const seeds = isFullRun ? 400 : 40;
const seedsAtOnce = 40;
const imageName = 'operated:1';

/** Many sequences side by side in one container, each in folders of its own. */
interface Batch {
  readonly sequences: readonly OperationSequence[];
  readonly ours: OwnChanged;
  readonly imageName: string;
}

/**
 * The same random changes done to a container of Lamina's and, by system calls, in a real container of the same image:
 * they end alike, the kernel shows the same files, `docker diff` the same lines, a commit has the same tree, and the image
 * that Lamina commits is shown alike by all that unpack it.
 */
describe('containers changed at random', function () {
  this.timeout(isFullRun ? 2_400_000 : 600_000);
  const sequences = Array.from({ length: seeds }, (_, at) => operationSequence(at + 1));
  let image: ReturnType<typeof sequencesImage>;
  let own: OwnContainers;
  let batches: readonly Batch[];
  before(async function () {
    const program = readFileSync(await orSkip(this, ensureOperateProgram));
    image = sequencesImage(`docker.io/library/${imageName}`, program, sequences);
    own = await OwnContainers.of(image);
    batches = await changeAll(own, sequences);
  });

  for (const [name, start] of Object.entries(runningEngines))
    describe(name, () => {
      let engine: RunningEngine & EngineKind;
      before(async function () {
        engine = { ...(await orSkip(this, start)), isDocker20: name.includes('20.10') };
        await engine.cli(['load', '-i', await own.save(`docker.io/library/${imageName}`, 'docker-archive')]);
      });
      after(() => (engine as RunningEngine | undefined)?.stop());

      it('shows the image as Lamina does', async () => {
        const shown = await shownBy(
          engine,
          imageName,
          sequences.flatMap(({ roots }) => roots),
        );
        const layers = new LayeredFiles(image.layers.map(({ tar }) => tar));
        const files = sequences.map(({ roots }) => layers.below(roots));
        const comparison = new Comparison();
        compareLoaded(comparison, sequences, { files, endings: [], changes: [] }, shown);
        requireEqual(comparison);
      });

      // Podman lists and commits as it sees fit.
      if (name !== 'Podman')
        it(`ends, lists and commits what Lamina does, ${seeds} seeds`, async () => {
          const comparison = new Comparison();
          for (const batch of batches) await compareBatch(comparison, engine, batch);
          console.log(`      ${String(comparison)}`);
          await requireEqualOrShrink(comparison, own, engine);
        });

      it(`shows what Lamina commits, ${seeds} seeds`, async () => {
        const comparison = new Comparison();
        for (const batch of batches) {
          const file = await own.save(`docker.io/library/${batch.imageName}`, 'docker-archive');
          await engine.cli(['load', '-i', file]);
          const roots = batch.sequences.flatMap((sequence) => sequence.roots);
          const shown = await shownBy(engine, batch.imageName, roots);
          compareLoaded(comparison, batch.sequences, batch.ours, shown);
        }
        console.log(`      ${String(comparison)}`);
        requireEqual(comparison);
      });
    });

  describe('umoci', () => {
    let tools: { readonly skopeo: string; readonly umoci: string };
    before(async function () {
      tools = await orSkip(this, () =>
        Promise.resolve({ skopeo: requireTool('skopeo'), umoci: requireTool('umoci') }),
      );
      // Owners and devices are part of the tree.
      if (process.getuid?.() !== 0) this.skip();
    });

    it(`unpacks what Lamina commits, ${seeds} seeds`, async () => {
      const comparison = new Comparison();
      for (const { sequences: some, ours, imageName: committed } of batches) {
        const archive = await own.save(`docker.io/library/${committed}`, 'oci-archive');
        const roots = some.flatMap((sequence) => sequence.roots);
        const shown = await unpacked(tools, `oci-archive:${archive}:docker.io/library/${committed}`, roots);
        // It gives a folder the time of its last change inside.
        compareLoaded(comparison, some, ours, shown, { isWithoutFolderTimes: true });
      }
      console.log(`      ${String(comparison)}`);
      requireEqual(comparison);
    });
  });
});

async function changeAll(
  own: OwnContainers,
  sequences: readonly OperationSequence[],
): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  for (let at = 0; at < sequences.length; at += seedsAtOnce) {
    const some = sequences.slice(at, at + seedsAtOnce);
    const name = `ours:${at}`;
    batches.push({ sequences: some, ours: await own.change(some, name), imageName: name });
  }
  return batches;
}

async function compareBatch(
  comparison: Comparison,
  engine: RunningEngine & EngineKind,
  { sequences, ours }: Pick<Batch, 'sequences' | 'ours'>,
): Promise<void> {
  await using container = await EngineContainer.run(engine, imageName, sequences);
  compareChanged(comparison, await compared(container, sequences, ours, engine));
}

function requireEqual({ differences }: Comparison): void {
  assert.ok(differences.length === 0, differences.slice(0, 5).map(described).join('\n'));
}

/** Says the seed that differs first with the fewest operations of it that do. */
async function requireEqualOrShrink(
  comparison: Comparison,
  own: OwnContainers,
  engine: RunningEngine & EngineKind,
): Promise<void> {
  const [first] = comparison.differences;
  if (first === undefined) return;
  const sequence = operationSequence(first.seed);
  const again = async (operations: OperationSequence['operations']): Promise<Comparison> => {
    const one = new Comparison();
    const sequences = [{ ...sequence, operations }];
    await compareBatch(one, engine, { sequences, ours: await own.change(sequences) });
    return one;
  };
  const differs = async (operations: OperationSequence['operations']): Promise<boolean> =>
    (await again(operations)).differences.some(({ aspect }) => aspect === first.aspect);
  const fewest = await shrink(sequence.operations, differs);
  const { differences } = await again(fewest);
  const script = fewest.map((operation) => JSON.stringify(operation)).join('\n');
  const seedsThatDiffer = [...new Set(comparison.differences.map(({ seed }) => seed))].join(', ');
  assert.fail(
    `seeds that differ: ${seedsThatDiffer}\n${script}\n${differences.map(described).join('\n')}\n` +
      `known exceptions: ${Object.values(exemptions).join('; ')}`,
  );
}

function described({ seed, aspect, onlyOurs, onlyTheirs }: Difference): string {
  const lines = [
    ...onlyOurs.map((line) => `  ours   ${line}`),
    ...onlyTheirs.map((line) => `  theirs ${line}`),
  ];
  return [`seed ${seed}, ${aspect}:`, ...lines.slice(0, 20)].join('\n');
}

/** What lies below the roots of an image that skopeo copied and umoci unpacked. */
async function unpacked(
  { skopeo, umoci }: { readonly skopeo: string; readonly umoci: string },
  from: string,
  roots: readonly string[],
): Promise<readonly ShownFile[]> {
  using folder = tempDir();
  await run(skopeo, ['copy', '-q', from, `oci:${folder.file('layout')}:copy`]);
  const [image, bundle] = [`${folder.file('layout')}:copy`, folder.file('bundle')];
  await run(umoci, ['unpack', '--image', image, bundle]);
  const rootfs = folder.file('bundle', 'rootfs');
  const steps = roots.map((root) => `${JSON.stringify({ do: 'list', path: `${rootfs}${root}` })}\n`);
  const output = await run(await ensureOperateProgram(), [], { input: steps.join('') });
  return output
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line) as ShownFile[])
    .map((file) => ({ ...file, path: file.path.slice(rootfs.length) }));
}
