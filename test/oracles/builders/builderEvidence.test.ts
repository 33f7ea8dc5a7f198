// What real builders tell of the builds they made: three accounts of one build have to agree.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { SeenBuild } from '../../../src/engine/build/cache/cacheGraph.ts';
import { keyFormatOf } from '../../../src/engine/build/operationKey/keyFormat.ts';
import { imageKeys } from '../../../src/engine/build/operationKey/imageKeys.ts';
import { outputKey } from '../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../src/engine/build/vertices/keyBuild.ts';
import { BuilderImages } from '../../../src/engine/builders/builderImages/builderImages.ts';
import { readBuilderList } from '../../../src/engine/builders/builderList/readBuilderList.ts';
import { BuildkitControl } from '../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import type { HistoryBuild } from '../../../src/engine/builders/historyRecords/historyBuild.ts';
import { readHistoryBuilds } from '../../../src/engine/builders/historyRecords/readHistoryBuilds.ts';
import { readInlineCache } from '../../../src/engine/builders/inlineCache/readInlineCache.ts';
import { askBuilderForBase } from '../../../src/engine/builders/localImages/askedBase.ts';
import {
  type LocalImage,
  readLocalImage,
  toBaseImage,
} from '../../../src/engine/builders/localImages/localImage.ts';
import { standaloneBuilder } from '../../../src/engine/builders/knownBuilders/standaloneBuilder.ts';
import { parseDigest } from '../../../src/engine/oci/digest.ts';
import { createEngineClient } from '../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { type EngineEndpoint, parseEndpoint } from '../../../src/engine/sources/dockerEngine/endpoint.ts';
import type { EngineClient } from '../../../src/engine/sources/dockerEngine/engineClient.ts';
import { startBuildKit } from '../../machine/buildkitd.mjs';
import { type DockerEngine, startDocker20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { orSkip } from '../../machine/missing.mjs';
import { startPodmanService } from '../../machine/podmanService.mjs';
import { type Sshd, startSshd } from '../../machine/sshd.mjs';
import { buildImage, layerTar } from '../../support/buildImage.ts';
import { busyboxRoot } from '../../support/cacheCases/busyboxRoot.ts';
import { LoopbackWorld } from '../../support/cacheCases/loopbackWorld.ts';
import { planOf } from '../../support/planOf.ts';
import { readTar } from '../../support/readTar.ts';
import { tempDir } from '../../support/tempDir.ts';

const plain = [
  'FROM base:1 AS build',
  'ARG VERSION=1',
  'ENV PLAIN=two QUOTED="a <b> & c"',
  'WORKDIR /w',
  'COPY a.txt sub/ ./in/',
  'ADD --chown=app:1000 b.txt /added',
  'COPY --chown=0 *.txt /wild/',
  'RUN echo "<$VERSION & $PLAIN>" > /out.txt \\',
  '  && cat /w/in/a.txt',
  'FROM base:1',
  'USER 1000:1000',
  'WORKDIR /x',
  'COPY --from=build /out.txt /o/',
  'RUN cat /o/out.txt',
  'LABEL a=b',
];
/** What 20.10 does not know. */
const recent = [
  'COPY --link --from=build /w/in /linked',
  'COPY --chmod=u+x --exclude=*.md sub /filtered/',
  'COPY --parents sub/./deep/*.md /parents/',
  'RUN --mount=type=cache,target=/c --mount=type=cache,id=other,sharing=locked,target=/d,uid=1000 \\',
  '  --mount=type=bind,source=sub,target=/b,rw --mount=type=tmpfs,target=/t,size=1m --network=none true',
  'RUN <<EOF',
  '#!/bin/sh',
  'true',
  'EOF',
  'COPY <<F1 <<F2 /hd/',
  'hello',
  'F1',
  'F2',
  'RUN --mount=type=bind,from=build,target=/m ["/bin/ls", "/m"]',
];

interface Case {
  readonly name: string;
  readonly start: () => Promise<DockerEngine>;
  readonly dockerfile: readonly string[];
  readonly version: string;
  /** What the engine itself says of its version. */
  readonly told: { readonly buildkit: string; readonly frontend?: string } | undefined;
  /** Where else than on its socket it is asked. */
  readonly alsoBy: 'tls' | 'ssh' | undefined;
}

const told = { buildkit: 'v0.33.0', frontend: '1.27.0' };
const cases: readonly Case[] = [
  {
    name: 'Docker Engine 20.10',
    start: () => startDocker20(),
    dockerfile: plain,
    version: 'v0.8.4',
    told: undefined,
    alsoBy: 'ssh',
  },
  ...(['containerd', 'classic'] as const).map((store) => ({
    name: `Docker Engine 29, ${store} store`,
    start: () => startDocker29({ store, tls: store === 'classic' }),
    dockerfile: [...plain, ...recent],
    version: 'v0.33.0',
    told,
    alsoBy: store === 'classic' ? ('tls' as const) : ('ssh' as const),
  })),
];

describe('What builders tell', function () {
  this.timeout(180_000);
  for (const { name, start, dockerfile, version, told: versions, alsoBy } of cases)
    describe(name, () => {
      let engine: DockerEngine;
      let client: EngineClient;
      let buildkit: BuildkitControl;
      let image: LocalImage;
      const folder = tempDir();
      const text = `${dockerfile.join('\n')}\n`;

      before(async function () {
        engine = await orSkip(this, start);
        const endpoint: EngineEndpoint = { kind: 'unix', path: engine.socket };
        [client, buildkit] = [createEngineClient(endpoint), new BuildkitControl(endpoint)];
        await importBase(engine);
        await build(engine, makeContext(folder.path, text));
        const read = await readLocalImage(client, 'app:1');
        assert.ok(read);
        image = read;
      });
      after(async () => {
        (client as EngineClient | undefined)?.[Symbol.dispose]();
        (buildkit as BuildkitControl | undefined)?.[Symbol.dispose]();
        await (engine as DockerEngine | undefined)?.stop();
      });

      it('says its version', async () => {
        assert.deepEqual(await buildkit.versions(), versions);
      });

      it('gives the inline cache of an image without sending the image', async () => {
        const seen = await inlineCache(buildkit, image);
        assert.deepEqual(new Set(seen.records.map(({ key }) => key)), new Set(await savedKeys(engine)));
        const layers = seen.records.flatMap(({ layer }) => layer?.diffId ?? []);
        assert.deepEqual(new Set(layers), new Set(image.diffIds.slice(1)));
        const base = await readLocalImage(client, 'base:1');
        assert.ok(base);
        assert.equal(await readInlineCache(buildkit, base), undefined);
      });

      it('keeps nothing of the question', async () => {
        const question = {
          name: 'docker.io/library/app:1',
          platform: image.platform,
          mode: 'local',
        } as const;
        const before = await buildkit.history({});
        for (let time = 0; time < 20; time += 1) await buildkit.imageConfig(question);
        const abort = new AbortController();
        const asking = buildkit.imageConfig(question, abort.signal);
        abort.abort();
        await assert.rejects(asking, (error) => isEngineError(error, 'cancelled'));
        assert.deepEqual(await buildkit.history({}), before);
        assert.ok(await client.ping());
      });

      it('made the build that the plan foretells', async () => {
        const exported = new Set<string>((await inlineCache(buildkit, image)).records.map(({ key }) => key));
        const planned = await plannedKeys(client, text, version);
        assert.ok(planned.length >= 10);
        const missing = planned.filter(
          ({ keys }) => keys.length > 0 && !keys.some((key) => exported.has(key)),
        );
        assert.deepEqual(missing, []);
      });

      if (versions !== undefined)
        it('tells the same build by its history', async () => {
          const [seen, told] = [
            await inlineCache(buildkit, image),
            await history(buildkit, image, text, version),
          ];
          compare(told.seen, seen);
          assert.ok(told.seen.steps.every(({ seconds }) => (seconds ?? 0) > 0));
          const lines = told.seen.steps.map(({ firstLine, row }) => [firstLine, row]);
          assert.ok(lines.some(([line, row]) => line === 8 && row === '6/6'));
          assert.equal(told.seen.dockerfile, text);
          const layers = told.seen.records.flatMap(({ layer }) => layer?.diffId ?? []);
          assert.deepEqual(new Set(layers), new Set(image.diffIds.slice(1)));
          const gaps = told.gaps.map(
            ({ origin, sources }) => `${origin} ${sources.map(({ path }) => path).join(' ')}`,
          );
          assert.ok(gaps.includes('context /a.txt /sub') && gaps.includes('stage /out.txt'));
        });

      it('says what it would take for a base that only a registry has, and takes it', async () => {
        const world = await LoopbackWorld.start();
        try {
          const published = buildImage([{ 'etc/from': 'registry' }], {
            runtime: { Env: ['FROM=registry'] },
          });
          const name = `${world.registry}/bases/system:1`;
          world.publish(name, published);
          const asked = { name, platform: image.platform, mode: 'local' } as const;
          const base = await askBuilderForBase(buildkit, asked);
          assert.deepEqual(
            base.diffIds,
            published.layers.map(({ diffId }) => diffId),
          );
          assert.deepEqual(toBaseImage(base).env, ['FROM=registry']);
          await build(engine, makeContext(tempDir().path, `FROM ${name}\nWORKDIR /w\n`), 'based:1');
          const made = await readLocalImage(client, 'based:1');
          assert.ok(made);
          const keys = new Set<string>((await inlineCache(buildkit, made)).records.map(({ key }) => key));
          assert.ok(base.manifest);
          const { byManifest, byLayers } = imageKeys(base.manifest, base.diffIds, base.platform);
          assert.ok(byLayers && keys.has(outputKey(byLayers, 0)));
          assert.ok(keys.has(outputKey(byManifest, 0)));
        } finally {
          await world.stop();
        }
      });

      it('lists what it has', async () => {
        const listed = await readBuilderList(client, buildkit);
        const byId = new Map(listed.map((record) => [record.id, record]));
        const run = listed.find(({ description }) => description.endsWith('/bin/sh -c cat /o/out.txt'));
        assert.ok(run);
        assert.equal(run.type, 'regular');
        // COPY and WORKDIR are below it, and the base.
        const chain = [run];
        for (let below = byId.get(run.parents[0] ?? ''); below; below = byId.get(below.parents[0] ?? ''))
          chain.push(below);
        assert.equal(chain.length, 4);
      });

      it('has made images by the classic builder one on the other', async () => {
        const classic = 'FROM base:1\nARG V=1\nENV A=b\nCOPY a.txt /a.txt\nRUN echo hi > /x\nLABEL q=r\n';
        await engine.docker(
          ['build', '--network=host', '-t', 'old:1', makeContext(tempDir().path, classic)],
          {
            env: { DOCKER_BUILDKIT: '0' },
          },
        );
        using images = new BuilderImages(client, buildkit);
        const all = await images.read();
        const byId = new Map(all.map((each) => [each.id, each]));
        const commands: string[] = [];
        let at = all.find(({ names }) => names.includes('docker.io/library/old:1'));
        assert.equal(at?.history.length, 6);
        assert.equal(at.diffIds.length, 3);
        for (; at !== undefined; at = byId.get(at.parent))
          commands.unshift(at.containerConfig?.cmd.join(' ') ?? at.history.at(-1)?.createdBy ?? '');
        assert.equal(commands.length, 6);
        assert.match(commands[3] ?? '', /#\(nop\) COPY file:[0-9a-f]{64} in \/a.txt $/);
        assert.equal(commands[5], '/bin/sh -c #(nop)  LABEL q=r');
      });

      if (alsoBy === 'tls')
        it('answers through TLS', async () => {
          const { tls } = engine;
          assert.ok(tls);
          const { folder: place } = tls.certificates.client;
          const [ca, cert, key] = ['ca', 'cert', 'key'].map((file) =>
            readFileSync(join(place, `${file}.pem`), 'utf8'),
          );
          assert.ok(ca && cert && key);
          using secured = new BuildkitControl({
            ...{ kind: 'tcp', host: '127.0.0.1', port: tls.port },
            tls: { ca, cert, key },
          });
          assert.deepEqual(await secured.versions(), versions);
          using refused = new BuildkitControl({
            kind: 'tcp',
            host: '127.0.0.1',
            port: tls.port,
            tls: { ca },
          });
          await assert.rejects(
            refused.versions(),
            (error) => isEngineError(error, 'unreachable') && error.detail.includes('client certificate'),
          );
        });

      if (alsoBy === 'ssh')
        it('answers through ssh', async function () {
          const sshd: Sshd = await orSkip(this, () => startSshd({ engine }));
          try {
            using far = new BuildkitControl(parseEndpoint(sshd.url), { sshProgram: join(sshd.bin, 'ssh') });
            assert.deepEqual(await far.versions(), versions);
            assert.ok((await far.diskUsage()).length > 0);
          } finally {
            await sshd.stop();
          }
        });
    });

  it('BuildKit that stands alone: says its version, and has no images of its own', async function () {
    const buildkitd = await orSkip(this, () => startBuildKit());
    try {
      using control = new BuildkitControl({ kind: 'unix', path: buildkitd.socket });
      const { identity } = await standaloneBuilder(control, buildkitd.buildctl);
      assert.deepEqual(
        [identity.name, identity.version, identity.frontendVersion],
        ['BuildKit 0.33', told.buildkit, told.frontend],
      );
      const folder = makeContext(tempDir().path, 'FROM scratch\nCOPY a.txt /a\nCOPY b.txt /b\n');
      const place = ['--local', `context=${folder}`, '--local', `dockerfile=${folder}`];
      const done = await buildkitd.ask(['build', '--frontend', 'dockerfile.v0', ...place]);
      assert.equal(done.code, 0, done.stderr);
      const builds = await readHistoryBuilds(
        control,
        {
          ...{ fileName: 'Dockerfile', text: 'COPY a.txt /a\nCOPY b.txt /b\n', limit: 5 },
          ...{ images: new Map(), builds: new Set(), format: keyFormatOf('v0.33.0') },
        },
        new Map(),
      );
      assert.deepEqual(
        builds[0]?.seen.steps.map(({ text }) => text),
        ['COPY a.txt /a', 'COPY b.txt /b'],
      );
      const listed = await readBuilderList(undefined, control);
      assert.ok(listed.some(({ description }) => description === '[2/2] COPY b.txt /b'));
    } finally {
      await buildkitd.stop();
    }
  });

  it('Podman: has images that buildah made one on the other, and no BuildKit', async function () {
    const podman = await orSkip(this, () => startPodmanService());
    try {
      const endpoint: EngineEndpoint = { kind: 'unix', path: podman.socket };
      using client = createEngineClient(endpoint);
      using buildkit = new BuildkitControl(endpoint);
      await assert.rejects(buildkit.versions(), (error) => isEngineError(error, 'unsupported'));
      const folder = makeContext(tempDir().path, 'FROM scratch\nCOPY a.txt /a\nLABEL q=r\n');
      await podman.podman(['build', '--layers', '-t', 'old:1', folder]);
      using images = new BuilderImages(client, buildkit);
      const all = await images.read();
      const made = all.find(({ names }) => names.includes('localhost/old:1'));
      assert.ok(made);
      assert.deepEqual([made.form, made.history.length, made.diffIds.length], ['oci', 2, 1]);
      assert.equal(made.history[1]?.createdBy, '/bin/sh -c #(nop) LABEL q=r');
      const below = all.find(({ id }) => id === made.parent);
      assert.match(below?.history[0]?.createdBy ?? '', /COPY file:[0-9a-f]{64} in \/a/);
    } finally {
      await podman.stop();
    }
  });
});

async function importBase(engine: DockerEngine): Promise<void> {
  const archive = tempDir().file('base.tar');
  writeFileSync(archive, layerTar(await busyboxRoot()));
  await engine.docker(['import', '-c', 'ENV FROMBASE=yes', archive, 'base:1']);
}

function makeContext(folder: string, dockerfile: string): string {
  const files = {
    Dockerfile: dockerfile,
    'a.txt': 'hi\n',
    'b.txt': 'b\n',
    'sub/b.txt': 'x\n',
    'sub/deep/c.md': 'y\n',
  };
  mkdirSync(join(folder, 'sub/deep'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function build(engine: DockerEngine, folder: string, name = 'app:1'): Promise<void> {
  const args = ['--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--build-arg', 'VERSION=three'];
  await engine.docker(['build', '--network=host', ...args, '-t', name, folder], {
    env: { DOCKER_BUILDKIT: '1' },
  });
}

async function inlineCache(buildkit: BuildkitControl, image: LocalImage): Promise<SeenBuild> {
  const seen = await readInlineCache(buildkit, image);
  assert.ok(seen);
  return seen;
}

/** The keys in the image as it is saved. */
async function savedKeys({ docker }: DockerEngine): Promise<readonly string[]> {
  const archive = tempDir().file('image.tar');
  await docker(['save', '-o', archive, 'app:1']);
  const entries = await readTar(archive);
  const parsed = (name: string): unknown => JSON.parse(entries.get(name)?.toString() ?? '') as unknown;
  const [manifest] = parsed('manifest.json') as readonly { readonly Config: string }[];
  const config = parsed(manifest?.Config ?? '') as Readonly<Record<string, string>>;
  const text = Buffer.from(config['moby.buildkit.cache.v0'] ?? '', 'base64').toString();
  return (JSON.parse(text) as readonly { readonly digest: string }[]).map(({ digest }) => digest);
}

interface PlannedKeys {
  readonly kind: string;
  readonly plaintext: string;
  readonly keys: readonly string[];
}

async function plannedKeys(
  client: EngineClient,
  text: string,
  version: string,
): Promise<readonly PlannedKeys[]> {
  const base = await readLocalImage(client, 'base:1');
  assert.ok(base);
  const name = 'docker.io/library/base:1';
  const plan = planOf(text, { args: { VERSION: 'three' }, images: { [name]: toBaseImage(base) } });
  const request = {
    ...{ context: '/', dockerfile: '/Dockerfile', tags: [], network: 'host' },
    buildArgs: new Map([['VERSION', 'three']]),
  };
  const manifest = base.manifest ?? parseDigest(base.id);
  const image = () => ({ kind: 'known', manifest, diffIds: base.diffIds }) as const;
  const imageStore = base.manifest === undefined ? 'classic' : 'containerd';
  const builder = { id: 'b', kind: 'buildkit', client: 'buildx', name: 'BuildKit', imageStore } as const;
  const { vertices } = keyBuild({ plan, request, image, builder }, keyFormatOf(version));
  return vertices.map(({ kind, operation, image: names }) => {
    const digests = [operation?.digest, names?.byManifest, names?.byLayers];
    const keys = digests.flatMap((digest) => (digest === undefined ? [] : [outputKey(digest, 0)]));
    return { kind, plaintext: operation?.plaintext ?? '', keys };
  });
}

async function history(
  buildkit: BuildkitControl,
  image: LocalImage,
  text: string,
  version: string,
): Promise<HistoryBuild> {
  const request = {
    ...{ fileName: 'Dockerfile', text, limit: 5, format: keyFormatOf(version) },
    ...{ images: new Map([[image.id, 'app:1']]), builds: new Set(image.builds) },
  };
  const builds = await readHistoryBuilds(buildkit, request, new Map());
  const [found] = builds;
  assert.equal(builds.length, 1);
  assert.ok(found);
  return found;
}

/** Every key and every link of the history is in the inline cache too; contents are there alone. */
function compare(told: SeenBuild, exported: SeenBuild): void {
  const byKey = new Map(exported.records.map((record) => [record.key, record]));
  for (const { key, inputs } of told.records) {
    const same = byKey.get(key);
    assert.ok(same, `${key} is not in the inline cache`);
    for (const [input, ways] of inputs.entries())
      for (const { record, selector } of ways) {
        const to = told.records[record]?.key;
        const links = same.inputs[input] ?? [];
        const found = links.find(
          (link) => exported.records[link.record]?.key === to && link.selector === selector,
        );
        assert.ok(found, `${key} has no link to ${to} by ${selector}`);
      }
  }
  const left = exported.records.filter(({ key }) => !told.records.some((record) => record.key === key));
  assert.ok(
    left.every(({ inputs }) => inputs.length === 0),
    'nothing but contents is left over',
  );
}
