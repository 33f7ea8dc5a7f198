import assert from 'node:assert/strict';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import type { HistoryBuild } from '../../../../src/engine/builders/historyRecords/historyBuild.ts';
import {
  type HistoryMemory,
  type HistoryRequest,
  isMostlyLike,
  readHistoryBuilds,
} from '../../../../src/engine/builders/historyRecords/readHistoryBuilds.ts';
import {
  inlineCacheMember,
  parseInlineCache,
} from '../../../../src/engine/builders/inlineCache/parseInlineCache.ts';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import type { DiffId } from '../../../../src/engine/oci/digest.ts';
import { startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { answerFrom, keptBuild, type KeptBuild } from '../../../support/keptBuild.ts';

const build = keptBuild();
const text = 'FROM base:1 AS build\nWORKDIR /w\nUSER app\nRUN something else\n';
const request: HistoryRequest = {
  fileName: 'Dockerfile',
  text,
  images: new Map([[build.record.images[0]?.digest ?? '', 'fx:1']]),
  builds: new Set(),
  format: keyFormatOf('v0.33.0'),
  limit: 5,
};

async function read(
  of: KeptBuild,
  changes: Partial<HistoryRequest> = {},
  memory: HistoryMemory = new Map(),
): Promise<{ readonly builds: readonly HistoryBuild[]; readonly calls: readonly string[] }> {
  await using server = await startFakeBuildkit(answerFrom(of));
  using control = new BuildkitControl(server.endpoint);
  const builds = await readHistoryBuilds(control, { ...request, ...changes }, memory);
  return { builds, calls: server.calls };
}

interface Config {
  readonly [inlineCacheMember]: string;
  readonly rootfs: { readonly diff_ids: readonly DiffId[] };
}

/** The keys of the same build as BuildKit wrote them into the image. */
function exported(): SeenBuild {
  const text = Object.values(build.content).find((each) => each.includes(inlineCacheMember)) ?? '{}';
  const config = JSON.parse(text) as Config;
  return parseInlineCache(config[inlineCacheMember], { subject: 'fx:1', diffIds: config.rootfs.diff_ids });
}

describe('builds of the history', () => {
  it('have the records that BuildKit wrote into the image, but for contents', async () => {
    const [found] = (await read(build)).builds;
    const [told, all] = [found?.seen.records ?? [], exported().records];
    const byKey = new Map(all.map((record) => [record.key, record]));
    assert.deepEqual(
      told.filter(({ key }) => !byKey.has(key)),
      [],
    );
    let links = 0;
    for (const { key, inputs } of told)
      for (const [input, ways] of inputs.entries())
        for (const { record, selector } of ways) {
          links += 1;
          const same = byKey
            .get(key)
            ?.inputs[input]?.find(
              (way) => all[way.record]?.key === told[record]?.key && way.selector === selector,
            );
          assert.ok(same, `${key} has no such link by ${selector}`);
        }
    assert.equal(links, 26);
  });

  it('have the layers that the image tells', async () => {
    const [found] = (await read(build)).builds;
    const layers = new Map(exported().records.map(({ key, layer }) => [key, layer?.diffId]));
    const told = found?.seen.records.filter(({ layer }) => layer?.diffId !== undefined) ?? [];
    // RUN, COPY and WORKDIR of the last stage; what --link copies is one with its merge.
    assert.equal(told.length, 7);
    for (const { key, layer } of told) {
      assert.equal(layer?.image, 'fx:1');
      const other = layers.get(key);
      if (other !== undefined) assert.equal(layer.diffId, other);
    }
  });

  it('tell rows, lines and seconds of their steps', async () => {
    const [found] = (await read(build)).builds;
    const steps = found?.seen.steps ?? [];
    const run = steps.find(({ firstLine }) => firstLine === 11);
    assert.deepEqual([run?.stage, run?.row], ['build', '8/10']);
    assert.match(run?.text ?? '', /^RUN echo "<three & two>"/);
    assert.ok((run?.seconds ?? 0) > 0);
    assert.equal(steps.find(({ firstLine }) => firstLine === 36)?.row, '8/8');
    assert.match(found?.seen.dockerfile ?? '', /^# syntax-free/);
  });

  it('say what they do not tell: the contents that steps read', async () => {
    const [found] = (await read(build)).builds;
    const gaps = found?.gaps.map(({ origin, step, sources }) => [
      origin,
      found.seen.steps[step ?? -1]?.firstLine,
      sources.map(({ path }) => path).join(' '),
    ]);
    assert.deepEqual(gaps, [
      ['context', 6, '/a.txt /sub'],
      ['context', 7, '/b.txt'],
      ['context', 8, '/*.txt'],
      ['context', 9, '/sub'],
      ['context', 10, '/sub'],
      ['context', 13, '/sub'],
      ['stage', 24, '/out.txt /script'],
      ['stage', 25, '/w/in'],
      ['stage', 34, '/'],
    ]);
  });

  it('are those of the image, of the record that it names, or of a file that is much alike', async () => {
    const other = { images: new Map<string, string>(), text: 'FROM other\nRUN nothing\n' };
    assert.equal((await read(build, { images: other.images })).builds.length, 1);
    assert.equal((await read(build, other)).builds.length, 0);
    assert.equal((await read(build, { text: other.text })).builds.length, 1);
    assert.equal((await read(build, { ...other, builds: new Set([build.record.ref]) })).builds.length, 1);
    assert.equal((await read(build, { images: other.images, fileName: 'Other' })).builds.length, 0);
  });

  it('are read once', async () => {
    const memory: HistoryMemory = new Map();
    await read(build, {}, memory);
    const { builds, calls } = await read(build, {}, memory);
    assert.equal(builds.length, 1);
    assert.deepEqual(calls, ['Control/ListenBuildHistory']);
  });

  it('know a base by its layers alone when it is gone, or not at all', async () => {
    const base = Object.entries(build.content).slice(-2);
    const content = Object.fromEntries(
      Object.entries(build.content).filter(([digest]) => !base.some(([gone]) => gone === digest)),
    );
    const [found] = (await read({ ...build, content })).builds;
    const firsts = found?.seen.records.filter(({ inputs }) => inputs.length === 1 && inputs[0]?.length === 0);
    assert.ok((firsts?.length ?? 0) > 0);
  });

  it('are passed over when they are damaged', async () => {
    const [attestation] = build.record.attestations;
    const content = { ...build.content, [attestation?.digest ?? '']: '{}' };
    assert.deepEqual((await read({ ...build, content })).builds, []);
  });
});

describe('Dockerfiles', () => {
  it('are one and the same while most of their lines are', () => {
    const file = 'FROM nginx\nWORKDIR /app\nCOPY . .\nRUN make\n';
    assert.ok(isMostlyLike(file, file.replace('RUN make', 'RUN make it')));
    assert.ok(isMostlyLike(file, `# what it is\n${file}\n\nCMD run\n`));
    assert.ok(!isMostlyLike(file, 'FROM python\nWORKDIR /app\nCOPY --exclude=b . .\nRUN pip\n'));
    assert.ok(!isMostlyLike('', file));
  });
});
