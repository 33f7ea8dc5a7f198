import assert from 'node:assert/strict';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engineContract.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { type BuildCase, readBuildCases } from '../support/buildCases.ts';
import { busyboxRoot } from '../support/cacheCases/busyboxRoot.ts';
import type { CaseBuilder } from '../support/cacheCases/caseBuilder.ts';
import { type BuilderName, caseBuilders } from '../support/cacheCases/caseBuilders.ts';
import { LoopbackWorld } from '../support/cacheCases/loopbackWorld.ts';
import { runCase } from '../support/cacheCases/runCase.ts';
import { isFullRun } from '../support/fullRun.ts';
import { type Score, scoreOf, tableOf } from '../support/predictionScore.ts';
import { tempDir } from '../support/tempDir.ts';
import { ImagePredictor } from './predictFromImage.ts';

/** What each kind of difference looks like in an image; all cases in full runs. */
const chosen = [
  'arg-build-arg-changed',
  'base-env-only',
  'copy-content',
  'copy-dest-relative',
  'copy-dir-empty-dir-added',
  'copy-dir-own-mode',
  'copy-dir-remove-file',
  'copy-same-size-same-mtime',
  'copy-umask',
  'env-order',
  'stage-from-stage-env',
  'stage-result-changed',
  'text-revert',
  'text-run-changed',
  'user-workdir',
];

/**
 * Node cannot read extended attributes: a touched file that has got one looks like one that was only touched. And what is
 * sent as a tar is not the folder that a request names.
 */
const others = new Set(['copy-xattr-and-touch', 'tar-context-owner']);

/** The share of steps that have to be right without any record of the build but its image. */
const leastShare = 0.7;

const builders: readonly BuilderName[] = ['BuildKit in Engine 29, buildx', 'BuildKit in Engine 20.10'];

describe('An image alone', () => {
  for (const name of builders)
    describe(name, () => {
      let world: LoopbackWorld;
      let builder: CaseBuilder;
      let engine: Engine;
      let predictor: ImagePredictor;

      before(async () => {
        world = await LoopbackWorld.start();
        builder = await caseBuilders[name](world);
        engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
        predictor = new ImagePredictor(engine, builder.door?.socket ?? '');
      });

      after(async () => {
        predictor[Symbol.dispose]();
        await engine[Symbol.asyncDispose]();
        await builder.stop();
        await world.stop();
      });

      it('tells most of what the next build does, and nothing that is not so', async () => {
        const place = { world, root: await busyboxRoot() };
        const scores: Score[] = [];
        for (const each of readBuildCases().filter(({ id }) =>
          isFullRun ? !others.has(id) : chosen.includes(id),
        )) {
          const score = await scoreAlone(each, place);
          if (score !== undefined) scores.push(score);
        }
        const { wrong, share, lines } = tableOf(scores);
        console.log(lines.join('\n'));
        assert.deepEqual(wrong, []);
        assert.ok(share >= leastShare, `${share} of the steps are right`);
      });

      async function scoreAlone(
        each: BuildCase,
        place: Parameters<typeof runCase>[2],
      ): Promise<Score | undefined> {
        let report: Awaited<ReturnType<ImagePredictor['predict']>> | undefined;
        const run = await runCase(each, builder, place, {
          beforeLast: async (request) => {
            report = await predictor.predict(request);
          },
        });
        if (report === undefined || run.letters === 'skipped' || run.letters === 'lacking') return undefined;
        return run.letters === 'X' ? undefined : scoreOf(each, report, run.letters);
      }
    });
});
