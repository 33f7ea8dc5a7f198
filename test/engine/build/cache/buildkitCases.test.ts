import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { BuilderIdentity } from '../../../../src/engine/build/builder.ts';
import type { CacheReport } from '../../../../src/engine/build/cache/cacheReport.ts';
import { BuildCaseFolder } from '../../../support/buildCaseFolder.ts';
import { FakeCaseWorld } from '../../../support/buildCaseImages.ts';
import {
  type BuildCase,
  type CaseBuild,
  expectedLetters,
  readBuildCases,
} from '../../../support/buildCases.ts';
import { describeStep, type JudgedStep, judge } from '../../../support/cacheCases/verdicts.ts';
import { dockerfileSteps } from '../../../support/cacheCases/dockerfileSteps.ts';
import { asInlineCache, RememberedBuildkit } from '../../../support/rememberedBuildkit.ts';
import { tempDir } from '../../../support/tempDir.ts';

const builders: readonly (readonly [key: string, identity: BuilderIdentity])[] = [
  ['buildkit@v0.33.0', identity('buildctl', 'v0.33.0')],
  ['buildkit@docker-29', identity('buildx', 'v0.33.0', '29.0.0')],
  ['buildkit@v0.12.5', identity('buildctl', 'v0.12.5')],
  ['buildkit@docker-20.10.24', identity('docker-cli', 'v0.8.4', '20.10.24')],
];

/** Extended attributes are set and read by programs of Linux. */
const hasXattrs = ['setfattr', 'getfattr'].every((program) => spawnSync(program, ['--version']).status === 0);

describe('BuildKit on the cases, after a build through Lamina', () => {
  for (const [key, builder] of builders)
    it(`${key}: nothing wrong, and nearly all is told`, async function () {
      this.timeout(60_000);
      const judged: (readonly [string, JudgedStep])[] = [];
      for (const buildCase of readBuildCases()) {
        const letters = expectedLetters(buildCase, key);
        if (letters === undefined || isElsewhere(buildCase)) continue;
        const report = await predict(buildCase, builder);
        if (letters === 'X') {
          assert.ok(isRefused(buildCase, report), `${buildCase.id} is not refused`);
          continue;
        }
        assert.equal(report.steps.length, letters.length, buildCase.id);
        const steps = dockerfileSteps(report.steps.map(({ text }) => text).join('\n'));
        for (const each of judge(report, steps, letters, movedImages(buildCase)))
          judged.push([buildCase.id, each]);
      }
      const scored = judged.filter(([, { verdict }]) => verdict !== 'not-scored');
      const rest = scored.filter(([, { verdict }]) => verdict !== 'right');
      const lines = rest.map(([id, step]) => `${id}: ${describeStep(step)}`);
      const right = scored.length - rest.length;
      if (process.env['LAMINA_SHOW'] !== undefined)
        console.log(`${right} of ${scored.length}\n${lines.join('\n')}`);
      assert.deepEqual(
        lines.filter((_, at) => rest[at]?.[1].verdict === 'wrong' || rest[at]?.[1].verdict === 'likely'),
        [],
      );
      assert.ok(right / scored.length >= 0.95, `${right} of ${scored.length}\n${lines.join('\n')}`);
    });
});

function identity(
  client: BuilderIdentity['client'],
  version: string,
  engineVersion?: string,
): BuilderIdentity {
  const more = engineVersion === undefined ? {} : { engineVersion };
  return { id: 'test', kind: 'buildkit', client, name: 'BuildKit', version, ...more };
}

/** A tar is another kind of context. */
function isElsewhere({ edits, build2 }: BuildCase): boolean {
  const needsXattrs = edits.some(({ op }) => op === 'setxattr');
  return build2.tar_owner !== undefined || (needsXattrs && !hasXattrs);
}

/** As the world of `predict` names them. */
function movedImages({ edits }: BuildCase): readonly string[] {
  return edits.flatMap((edit) =>
    edit.op === 'image' ? [`127.0.0.1:5999/exam/salt:${edit.name.toLowerCase()}`] : [],
  );
}

/** By the frontend; or the client has no such option, or it is the first build that is refused. */
function isRefused({ dockerfile, build1 }: BuildCase, { problems }: CacheReport): boolean {
  const needsBuildx = build1.contexts ?? build1.push;
  return (
    needsBuildx !== undefined ||
    dockerfile.includes('<<') ||
    problems.some(({ severity }) => severity === 'error')
  );
}

async function predict(buildCase: BuildCase, builder: BuilderIdentity): Promise<CacheReport> {
  using directory = tempDir();
  const world = new FakeCaseWorld();
  const settings = { directory: directory.path, salt: 'salt', world };
  const folder = await BuildCaseFolder.layOut(buildCase, settings);
  const buildkit = new RememberedBuildkit(builder, world);
  if (buildCase.pullsFirst) world.pull(folder.fill('@BASE@'));
  const request = (build: CaseBuild) => folder.request({ network: 'none', ...build });
  const first = await buildkit.build(request(buildCase.build1));
  await folder.edit(buildCase.edits);
  if (folder.isPruned) buildkit.prune();
  if (buildCase.between !== undefined) {
    await buildkit.build(request(buildCase.between.build));
    await folder.edit(buildCase.between.edits);
  }
  const isImported =
    buildCase.build2.cache_from === buildCase.build1.push && buildCase.build1.push !== undefined;
  const seen = isImported ? [asInlineCache(first), ...buildkit.seen] : buildkit.seen;
  return await buildkit.predict(request(buildCase.build2), { seen, listed: buildkit.list() });
}
