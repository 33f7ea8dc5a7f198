import assert from 'node:assert/strict';
import { Pacer } from '../../../../src/engine/base/abort.ts';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import type { BuildkitBuild } from '../../../../src/engine/build/cache/buildkitQuestion.ts';
import { predictBuildkit, recordBuildkit } from '../../../../src/engine/build/cache/predictBuildkit.ts';
import { readKnownCache } from '../../../../src/engine/build/cache/readKnownCache.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import { planOf } from '../../../support/planOf.ts';
import { treeView } from '../../../support/treeView.ts';

const command = 'docker build .';
/** Much more than a slice of time is enough for. */
const steps = 2000;

describe('The prediction for a long Dockerfile', () => {
  it('lets others go on meanwhile', async () => {
    const build = buildOf(linesOf(steps));
    assert.ok((await turnsDuring(recordBuildkit(build, { builtAt: 0 }))) > 0);
    const seen = [await recordBuildkit(build, { builtAt: 0 })];
    assert.ok((await turnsDuring(predictBuildkit({ ...build, command, seen }))) > 0);
  });

  it('is left when it is cancelled meanwhile', async () => {
    const cancel = new AbortController();
    setImmediate(() => {
      cancel.abort();
    });
    const predicted = predictBuildkit(
      { ...buildOf(linesOf(steps)), command, seen: [] },
      { signal: cancel.signal },
    );
    await assert.rejects(predicted, (error) => isEngineError(error, 'cancelled'));
  });

  it('says the same of each step as for a short one', async () => {
    const [before, now] = [linesOf(steps), [...linesOf(steps / 2), 'RUN other', ...linesOf(10)]];
    const seen = [await recordBuildkit(buildOf(before), { builtAt: 0 })];
    const report = await predictBuildkit({ ...buildOf(now), command, seen });
    const states = report.steps.map(({ state, reason }) => `${state} ${reason.code}`);
    assert.deepEqual(new Set(states.slice(1, steps / 2 + 1)), new Set(['likely found']));
    assert.deepEqual(states.slice(steps / 2 + 1), [
      'rebuild text-changed',
      ...linesOf(10).map(() => 'rebuild step-above'),
    ]);
  });
});

describe('What builds tell of a cache', () => {
  it('is put together once for the same builds', async () => {
    const [older, newer] = await Promise.all(
      [1, 2].map((builtAt) => recordBuildkit(buildOf(linesOf(builtAt)), { builtAt })),
    );
    assert.ok(older !== undefined && newer !== undefined);
    const pacer = new Pacer(undefined, 'cache');
    const first = await readKnownCache([older], pacer);
    assert.equal(await readKnownCache([older], pacer), first);
    const both = await readKnownCache([newer, older], pacer);
    assert.notEqual(both, first);
    assert.equal(await readKnownCache([newer, older], pacer), both);
    assert.notEqual(await readKnownCache([newer], pacer), both);
  });
});

/** How often what waits for its turn came to it before the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let next = setImmediate(count);
  function count(): void {
    turns++;
    next = setImmediate(count);
  }
  await work;
  clearImmediate(next);
  return turns;
}

function linesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `RUN make ${at}`);
}

function buildOf(lines: readonly string[]): BuildkitBuild {
  const text = `FROM base\n${lines.join('\n')}\n`;
  const digest = `sha256:${'a'.repeat(64)}` as const;
  return {
    builder: { id: 'b', kind: 'buildkit', client: 'buildx', name: 'BuildKit', version: '0.33.0' },
    request: { context: '/c', dockerfile: '/c/Dockerfile', buildArgs: new Map(), tags: [] },
    dockerfile: parseDockerfile(text),
    plan: planOf(text, { images: { 'docker.io/library/base:latest': {} } }),
    context: treeView({}),
    image: () => ({ kind: 'known', manifest: parseDigest(digest), diffIds: [parseDiffId(digest)] }),
  };
}
