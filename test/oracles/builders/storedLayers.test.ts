// Layers in the content stores of real builders, where no image of an engine has them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import type { StepStatus } from '../../../src/engine/build/cache/cacheReport.ts';
import { BuildkitControl } from '../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import type { Builder } from '../../../src/engine/builders/builds.ts';
import { standaloneBuilder } from '../../../src/engine/builders/knownBuilders/standaloneBuilder.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/engineContract.ts';
import { type BuildKit, startBuildKit } from '../../machine/buildkitd.mjs';
import { type DockerEngine, findCli20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { orSkip } from '../../machine/missing.mjs';
import { buildImage } from '../../support/buildImage.ts';
import { busyboxRoot } from '../../support/cacheCases/busyboxRoot.ts';
import { LoopbackWorld } from '../../support/cacheCases/loopbackWorld.ts';
import { tempDir } from '../../support/tempDir.ts';

/** One stage is in no image. */
const steps = [
  'FROM @BASE@ AS build',
  'COPY part.txt /part.txt',
  'RUN cat /part.txt > /made.txt',
  'FROM @BASE@',
  'COPY app/ /app/',
  'COPY --from=build /made.txt /made.txt',
  'RUN cat /app/a.txt /made.txt',
];

/** What the stage copied that is in no image is not known, nor what the image takes of it. */
const partlySeen = ['no-step', 'unknown', 'unknown', 'no-step', 'cached', 'depends', 'depends'];

const allCached = ['no-step', 'cached', 'cached', 'no-step', 'cached', 'cached', 'cached'];

describe('Layers in a content store', function () {
  this.timeout(180_000);
  let world: LoopbackWorld;
  let context: string;
  let engine: Engine;

  before(async () => {
    world = await LoopbackWorld.start();
    const base = `${world.registry}/base:1`;
    world.publish(base, buildImage([await busyboxRoot()]));
    context = tempDir().path;
    mkdirSync(join(context, 'app'));
    writeFileSync(join(context, 'Dockerfile'), `${steps.join('\n').replaceAll('@BASE@', base)}\n`);
    writeFileSync(join(context, 'app/a.txt'), 'app\n');
    writeFileSync(join(context, 'part.txt'), 'part\n');
    engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
  });
  after(async () => {
    await engine[Symbol.asyncDispose]();
    await world.stop();
  });

  /** By instruction, of what the next build would do by what the builder keeps of builds that Lamina did not see. */
  const statusOf = async (
    builder: Builder,
    more?: Partial<BuildRequest>,
    { builds } = engine,
  ): Promise<readonly StepStatus[]> => {
    const dockerfile = join(context, 'Dockerfile');
    const request = { context, dockerfile, tags: ['app:1'], buildArgs: new Map<string, string>(), ...more };
    return (await builds.status(builder, request, { asksRegistries: true })).steps;
  };

  const statesOf = async (builder: Builder, more?: Partial<BuildRequest>): Promise<readonly string[]> =>
    (await statusOf(builder, more)).map(({ state }) => state);

  describe('of a BuildKit that stands alone', () => {
    let buildkitd: BuildKit;
    let control: BuildkitControl;
    let builder: Builder;

    before(async function () {
      buildkitd = await orSkip(this, () => startBuildKit({ insecureRegistries: [world.registry] }));
      control = new BuildkitControl({ kind: 'unix', path: buildkitd.socket });
      builder = await standaloneBuilder(control, buildkitd.buildctl);
    });
    after(async () => {
      (control as BuildkitControl | undefined)?.[Symbol.dispose]();
      await (buildkitd as BuildKit | undefined)?.stop();
    });
    beforeEach(async () => {
      await buildkitd.ask(['prune', '--all']);
      writeFileSync(join(context, 'app/a.txt'), 'app\n');
    });

    const build = async (...more: readonly string[]): Promise<void> => {
      const place = ['--local', `context=${context}`, '--local', `dockerfile=${context}`];
      const done = await buildkitd.ask(['build', '--frontend=dockerfile.v0', ...place, ...more]);
      assert.equal(done.code, 0, done.stderr);
    };
    const pushed = (): string => `type=image,name=${world.registry}/app:1,push=true`;

    it('show what was copied into an image that it gave, and what is another now', async () => {
      await build('--output', pushed());
      assert.deepEqual(await statesOf(builder), partlySeen);
      writeFileSync(join(context, 'app/a.txt'), 'another\n');
      const after = await statusOf(builder);
      assert.deepEqual([after[4]?.state, after[4]?.reason.code], ['rebuild', 'files-changed']);
      assert.deepEqual(after[4]?.reason.paths, [{ path: 'app/a.txt', change: 'content' }]);
    });

    it('are beside an inline cache, which has the keys of all stages', async () => {
      await build('--output', pushed(), '--export-cache', 'type=inline');
      assert.deepEqual(await statesOf(builder), allCached);
      writeFileSync(join(context, 'app/a.txt'), 'another\n');
      const [, copyPart, , , copyApp] = await statusOf(builder);
      assert.deepEqual([copyPart?.state, copyApp?.state], ['cached', 'rebuild']);
      assert.deepEqual(copyApp?.reason.paths, [{ path: 'app/a.txt', change: 'content' }]);
      assert.ok(copyPart?.layer?.image === undefined && copyApp.layer?.image === undefined);
    });

    it('show what was copied in a stage that is in no image, where its layers were exported', async () => {
      const cache = tempDir().path;
      await build('--output', pushed(), '--export-cache', `type=local,mode=max,dest=${cache}`);
      assert.deepEqual(await statesOf(builder), allCached);
    });
  });

  it('of an engine show what was copied into an image that is gone', async function () {
    const docker: DockerEngine = await orSkip(this, () => startDocker29({ store: 'containerd' }));
    // A client that leaves nowhere which directory it sent: the layers alone tell.
    const cli = await orSkip(this, () => findCli20('the docker CLI 20.10'));
    const environment = { DOCKER_BUILDKIT: '1', PATH: dirname(cli), HOME: tempDir().path };
    const own = createEngine({ log: silentLogger, storeDirectory: tempDir().path, environment });
    try {
      const builders = await own.builds.builders({ kind: 'unix', path: docker.socket });
      const builder = builders.find(
        ({ identity }) => identity.kind === 'buildkit' && identity.client === 'docker-cli',
      );
      assert.ok(builder);
      await docker.docker(['build', '--network=none', '-t', 'gone:1', context], {
        env: { DOCKER_BUILDKIT: '1' },
      });
      await docker.docker(['rmi', 'gone:1']);
      const told = await statusOf(builder, { tags: ['gone:1'], network: 'none' }, own);
      assert.deepEqual(
        told.map(({ state }) => state),
        partlySeen,
      );
    } finally {
      await own[Symbol.asyncDispose]();
      await docker.stop();
    }
  });
});
