import assert from 'node:assert/strict';
import { orSkip } from '../../machine/missing.mjs';
import { busyboxRoot } from '../../support/cacheCases/busyboxRoot.ts';
import type { CaseBuilder } from '../../support/cacheCases/caseBuilder.ts';
import { caseBuilders } from '../../support/cacheCases/caseBuilders.ts';
import { describeFindings } from '../../support/cacheCases/findings.ts';
import { LoopbackWorld } from '../../support/cacheCases/loopbackWorld.ts';
import { evidenceOf } from '../../support/cacheCases/proofKinds.ts';
import { randomCase, toBuildCase } from '../../support/cacheCases/randomCase.ts';
import { smallestWrong } from '../../support/cacheCases/smallestWrong.ts';
import { StatusProof } from '../../support/cacheCases/statusProof.ts';
import { VerdictTable } from '../../support/cacheCases/verdictTable.ts';
import { isFullRun } from '../../support/fullRun.ts';

const minute = 60_000;

describe('random Dockerfiles and edits: the status, and what the builder then does', () => {
  const table = new VerdictTable();
  after(() => {
    console.log(String(table).replace(/^/gm, '      '));
  });

  for (const [name, isOld, fullRounds] of [
    ['BuildKit in Engine 29, buildx', false, 500],
    ['BuildKit in Engine 20.10', true, 200],
  ] as const)
    describe(name, () => {
      let world: LoopbackWorld | undefined;
      let builder: CaseBuilder | undefined;
      before(async function () {
        this.timeout(5 * minute);
        world = await LoopbackWorld.start();
        builder = await orSkip(this, caseBuilders[name]);
      });
      after(async () => {
        await builder?.stop();
        await world?.stop();
      });

      it('are never two things', async function () {
        this.timeout((isFullRun ? 120 : 5) * minute);
        const root = await orSkip(this, busyboxRoot);
        const proof = await StatusProof.of({
          ...{ name, table, root, evidence: evidenceOf[name] ?? [] },
          ...{ builder: builder!, world: world! },
        });
        const rounds = isFullRun ? fullRounds : 5;
        for (let seed = 1, done = 0; done < rounds; seed++) {
          const random = randomCase(seed, isOld);
          const inShort = seed % 2 === 0 ? ('lamina' as const) : ('terminal' as const);
          const ways = [isFullRun ? 'shared' : inShort] as const;
          if (await proof.prove(toBuildCase(random), ways)) done += 1;
          const wrong = proof.findings.filter(({ isWrong }) => isWrong);
          if (wrong.length > 0)
            assert.fail(`seed ${seed}\n${describeFindings(wrong)}\n${await smallestWrong(proof, random)}`);
        }
      });
    });
});
