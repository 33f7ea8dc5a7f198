import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import type { BuilderImage } from '../../../../src/engine/build/classic/builderImage.ts';
import type { BuildahInput } from '../../../../src/engine/build/buildah/buildahInput.ts';
import { predictBuildah } from '../../../../src/engine/build/buildah/predictBuildah.ts';
import type { BuildClient } from '../../../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../../../src/engine/build/buildRequest.ts';
import type { CacheReport } from '../../../../src/engine/build/cache/cacheReport.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { FakeCaseWorld } from '../../../support/buildCaseImages.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { BuildahStore, contextsOf, linuxAmd64 } from '../../../support/buildahStore.ts';
import { tempDir } from '../../../support/tempDir.ts';

const base = '127.0.0.1:5999/base:1';

/** A context of two files, built on one base. */
class Bench {
  readonly folder = tempDir();
  readonly world = new FakeCaseWorld();
  readonly store = new BuildahStore(this.world);

  constructor() {
    this.publish('/bin');
    for (const name of ['a.txt', 'b.txt']) writeFileSync(this.folder.file(name), name);
  }

  publish(path: string): void {
    this.world.publish(base, buildImage([{ 'bin/sh': 'x' }], { runtime: { Env: [`PATH=${path}`] } }));
  }

  request(options: Partial<BuildRequest> = {}): BuildRequest {
    const dockerfile = this.folder.file('Dockerfile');
    return { context: this.folder.path, dockerfile, buildArgs: new Map(), tags: [], ...options };
  }

  build(lines: string, args: Readonly<Record<string, string>> = {}): Promise<void> {
    const request = this.request({ buildArgs: new Map(Object.entries(args)) });
    return this.store.build(request, `FROM ${base}\n${lines}`);
  }

  async predict(
    lines: string,
    more: Partial<BuildahInput> = {},
    args: Readonly<Record<string, string>> = {},
  ): Promise<CacheReport> {
    const request = this.request({ buildArgs: new Map(Object.entries(args)) });
    const context = contextsOf(request).get('');
    assert.ok(context);
    return predictBuildah({
      builder: buildah('1.28.2'),
      command: '',
      request,
      dockerfile: parseDockerfile(`FROM ${base}\n${lines}`),
      platform: linuxAmd64,
      images: this.store.images,
      hasLayers: true,
      pulled: new Map([[base, this.store.atRegistry(base)]]),
      context,
      evidence: [],
      ...more,
    });
  }
}

function buildah(version: string, client: BuildClient = 'buildah'): BuildahInput['builder'] {
  return { id: '', kind: 'buildah', client, name: '', version };
}

function statesOf({ steps }: CacheReport): string {
  return steps.map(({ state }) => state).join(' ');
}

describe('a prediction for buildah', () => {
  it('tells of values that the image keeps', async () => {
    const bench = new Bench();
    const lines = 'ARG SHA\nLABEL rev=$SHA\nENV REV=$SHA';
    await bench.build(lines, { SHA: '1' });
    const report = await bench.predict(lines, {}, { SHA: '2' });
    assert.equal(statesOf(report), 'no-step cached stale stale');
    const { code, subject, before, after } = report.steps[2]?.reason ?? {};
    assert.deepEqual([code, subject, before, after], ['not-compared', 'rev', '1', '2']);
    assert.equal(statesOf(await bench.predict(lines, {}, { SHA: '1' })), 'no-step cached cached cached');
  });

  it('tells that a RUN keeps what another environment made', async () => {
    const bench = new Bench();
    await bench.build('RUN make');
    bench.publish('/other');
    const report = await bench.predict('RUN make');
    assert.equal(statesOf(report), 'no-step stale');
    assert.equal(report.steps[1]?.reason.subject, 'PATH');
  });

  it('finds nothing without --layers', async () => {
    const bench = new Bench();
    await bench.build('RUN make');
    const report = await bench.predict('RUN make', { hasLayers: false });
    assert.equal(statesOf(report), 'no-step rebuild');
    assert.equal(report.steps[1]?.reason.code, 'not-cached-asked');
  });

  it('assumes the base that is here where its registry was not asked, and Podman does not ask it', async () => {
    const bench = new Bench();
    await bench.build('RUN make');
    const pulled = new Map<string, string>();
    assert.equal(statesOf(await bench.predict('RUN make', { pulled })), 'no-step unknown');
    const podman = await bench.predict('RUN make', { pulled, builder: buildah('1.28.2', 'podman') });
    assert.equal(statesOf(podman), 'no-step cached');
    const newer = await bench.predict('RUN make', { pulled, builder: buildah('1.37.0') });
    assert.equal(statesOf(newer), 'no-step cached');
    const moved = await bench.predict('RUN make', { pulled: new Map([[base, 'sha256:other']]) });
    assert.equal(statesOf(moved), 'no-step unknown');
  });

  it('knows numbers of owners, and asks for those of names', async () => {
    const bench = new Bench();
    await bench.build('COPY --chown=1000 a.txt /a');
    assert.equal(statesOf(await bench.predict('COPY --chown=1000:1000 a.txt /a')), 'no-step cached');
    assert.equal(statesOf(await bench.predict('COPY --chown=1001 a.txt /a')), 'no-step rebuild');
    assert.equal(statesOf(await bench.predict('COPY --chown=app a.txt /a')), 'no-step unknown');
    const ownerIn: BuildahInput['ownerIn'] = (_, name) =>
      Promise.resolve(name === 'app' ? { uid: 1000, gid: 1000 } : undefined);
    assert.equal(statesOf(await bench.predict('COPY --chown=app a.txt /a', { ownerIn })), 'no-step cached');
  });

  it('does not see what mounts show, and newer versions only that a stage was made again', async () => {
    const bench = new Bench();
    const lines = (first: string): string =>
      `RUN ${first}\nFROM ${base}\nRUN --mount=from=0,target=/m cat /m/x\nRUN --mount=target=/c cat /c/a.txt`;
    await bench.build(lines('make'));
    const of = async (version: string): Promise<string> =>
      statesOf(await bench.predict(lines('make again'), { builder: buildah(version) }));
    assert.equal(await of('1.28.2'), 'no-step rebuild no-step cached cached');
    assert.equal(await of('1.30.0'), 'no-step rebuild no-step rebuild rebuild');
    const same = await bench.predict(lines('make'), { builder: buildah('1.28.2') });
    assert.match(same.steps[4]?.reason.text ?? '', /not compared/);
  });

  it('passes over stages that nothing needs, and ends at flags that it does not know', async () => {
    const bench = new Bench();
    await bench.build('COPY a.txt /a');
    const report = await bench.predict(`COPY a.txt /a\nFROM ${base}\nCOPY a.txt /a\nRUN --network=none make`);
    assert.equal(statesOf(report), 'no-step no-step no-step cached unknown');
    assert.equal(report.steps[1]?.reason.code, 'stage-not-needed');
    assert.equal(report.problems.length, 1);
    assert.equal(report.steps[3]?.row, '[2/2] STEP 2/3: COPY a.txt /a');
  });

  it('says where attributes that it cannot read may decide', async () => {
    const bench = new Bench();
    await bench.build('COPY a.txt /a');
    const context = contextsOf(bench.request()).get('');
    assert.ok(context);
    const blind: BuildahInput['context'] = {
      digests: (question, settings) =>
        settings.withAttributes === true
          ? Promise.resolve({ kind: 'no-attributes' })
          : (contextsOf(bench.request()).get('')?.digests(question, settings) ??
            context.digests(question, settings)),
    };
    const made = (shiftMs: number): readonly BuilderImage[] =>
      bench.store.images.map((image) => ({ ...image, created: image.created + shiftMs }));
    const of = async (lines: string): Promise<string> =>
      statesOf(await bench.predict(lines, { context: blind, images: made(-60_000) }));
    // Other sources, and nothing was touched since.
    const later = { context: blind, images: made(60_000) };
    assert.equal(statesOf(await bench.predict('COPY b.txt /a', later)), 'no-step unknown');
    utimesSync(bench.folder.file('a.txt'), new Date(), new Date());
    assert.equal(await of('COPY a.txt /a'), 'no-step likely');
    writeFileSync(bench.folder.file('a.txt'), 'another');
    assert.equal(await of('COPY a.txt /a'), 'no-step rebuild');
  });

  it('tells which file changed where it remembers what there was', async () => {
    const bench = new Bench();
    await bench.build('COPY a.txt b.txt /x/');
    const known = new Map<string, readonly { readonly path: string; readonly sum: string }[]>();
    const before = await contextsOf(bench.request())
      .get('')
      ?.digests({ sources: ['a.txt', 'b.txt'], destination: '/x/', isAdd: false }, {});
    assert.ok(before?.kind === 'digests');
    for (const text of before.texts) known.set(text, before.files);
    writeFileSync(bench.folder.file('b.txt'), 'another');
    const filesOfSum: BuildahInput['filesOfSum'] = (text) => Promise.resolve(known.get(text));
    const report = await bench.predict('COPY a.txt b.txt /x/', { filesOfSum });
    assert.deepEqual(report.steps[1]?.reason.paths, [{ path: 'b.txt', change: 'content' }]);
  });
});
