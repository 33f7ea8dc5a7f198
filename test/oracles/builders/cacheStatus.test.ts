import assert from 'node:assert/strict';
import { orSkip } from '../../machine/missing.mjs';
import { type BuildCase, readBuildCases, readOwnCases } from '../../support/buildCases.ts';
import { busyboxRoot } from '../../support/cacheCases/busyboxRoot.ts';
import type { CaseBuilder } from '../../support/cacheCases/caseBuilder.ts';
import { type BuilderName, caseBuilders } from '../../support/cacheCases/caseBuilders.ts';
import { describeFindings, type Finding } from '../../support/cacheCases/findings.ts';
import { LoopbackWorld } from '../../support/cacheCases/loopbackWorld.ts';
import { evidenceOf, floorOf, isUnknowable } from '../../support/cacheCases/proofKinds.ts';
import { type FirstBuild, StatusProof } from '../../support/cacheCases/statusProof.ts';
import { percentRight, VerdictTable } from '../../support/cacheCases/verdictTable.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';

const minute = 60_000;
/** Of each builder, so that all of them are through in a few minutes; a full run has all cases. */
const casesInShort = 2;

describe('the status of the next build, and what the builder then does', () => {
  const table = new VerdictTable();
  const findings: Finding[] = [];
  after(() => {
    console.log(String(table).replace(/^/gm, '      '));
  });

  Object.entries(evidenceOf).forEach(([name, evidence], position) => {
    describe(name, () => {
      let world: LoopbackWorld | undefined;
      let builder: CaseBuilder | undefined;
      before(async function () {
        this.timeout(5 * minute);
        const started = (world = await LoopbackWorld.start());
        builder = await orSkip(this, () => caseBuilders[name as BuilderName](started));
      });
      after(async () => {
        await builder?.stop();
        await world?.stop();
      });

      it('are the same', async function () {
        this.timeout((isFullRun ? 120 : 5) * minute);
        const root = await orSkip(this, busyboxRoot);
        const proof = await StatusProof.of({
          ...{ name, evidence, table, root },
          ...{ builder: builder!, world: world! },
        });
        for (const buildCase of casesFor(position)) await proof.prove(buildCase, waysFor(name));
        const wrong = proof.findings.filter(({ isWrong }) => isWrong);
        assert.equal(wrong.length, 0, describeFindings(wrong));
        findings.push(...proof.findings);
      });
    });
  });

  // Last, so that all builders have been.
  describe('all builders', () => {
    it('leave open only what nobody could know, where a terminal leaves most', () => {
      const open = findings.filter(
        ({ builder, evidence, case: id, lines }) =>
          builder.endsWith('buildx') &&
          mustBeKnown.includes(evidence) &&
          hasUnknown(lines) &&
          !isUnknowable(evidence, id),
      );
      assert.deepEqual(open, [], describeFindings(open));
    });

    it('leave little open', () => {
      // Of a few cases of one builder a share says nothing.
      for (const row of isFullRun ? table.rows : table.byEvidence())
        assert.ok(percentRight(row) >= floorOf(row), `${String(table)}\n${describeFindings(findings)}`);
    });
  });
});

const mustBeKnown: readonly string[] = ['lamina', 'inline cache', 'history record'];

function hasUnknown(lines: readonly string[]): boolean {
  return lines.some((line) => line.startsWith('unknown'));
}

/** In a full run one first build has to do for all evidence, where Lamina's leaves an image as a terminal's does. */
function waysFor(name: string): readonly FirstBuild[] {
  return isFullRun && name !== 'BuildKit alone, buildctl' ? ['shared'] : ['lamina', 'terminal'];
}

/** Other ones for each builder. */
function casesFor(seed: number): readonly BuildCase[] {
  const all = [...readBuildCases(), ...readOwnCases()];
  return isFullRun ? all : new Random(seed).shuffle(all).slice(0, casesInShort);
}
