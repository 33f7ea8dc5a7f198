// Images of real engines, opened where they are: what is shown equals what a saved archive of them shows.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine, EngineImages } from '../../src/engine/engineContract.ts';
import { isEngineError } from '../../src/engine/base/errors.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { parseRfc3339 } from '../../src/engine/base/rfc3339.ts';
import { familiarName } from '../../src/engine/oci/reference.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import type { ImageEntry, ImageSource } from '../../src/engine/sources/imageSource.ts';
import { ensureDebianTar } from '../machine/baseImage.mjs';
import { orSkip } from '../machine/missing.mjs';
import { buildImage } from '../support/buildImage.ts';
import { describeIndex } from '../support/describeIndex.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';
import { writeOciArchive } from '../support/writeOciLayout.ts';
import { baseArchive, type RunningEngine, runningEngines, startCountingProxy } from './runningEngines.ts';

const dockerfile = `FROM dive-test:latest
ENV EMPTY= GREETING="hello <world> & \\"all\\""
LABEL plain=yes unicode="日本語 ünïcode"
RUN echo one > /one && ln -s one /link && ln /one /hard && mkdir -p /a/b/c
RUN mkdir /only-a-folder
RUN true
COPY hello.txt /a/b/
WORKDIR /work/dir
RUN rm -rf /a/b/c
EXPOSE 80 443/tcp
VOLUME ["/data"]
HEALTHCHECK --interval=30s CMD test -e /one
USER 12:34
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["true"]
`;

for (const [name, start] of Object.entries(runningEngines))
  describe(`Images of ${name}`, function () {
    this.timeout(240_000);
    let running: RunningEngine;
    const opened: Engine[] = [];

    before(async function () {
      running = await orSkip(this, start);
      await makeImages(running);
    });
    afterEach(async () => {
      for (const engine of opened.splice(0)) await engine[Symbol.asyncDispose]();
    });
    after(() => (running as RunningEngine | undefined)?.stop());

    function newEngine(directory = tempDir().path): Engine {
      const engine = createEngine({ log: silentLogger, storeDirectory: directory });
      opened.push(engine);
      return engine;
    }

    function imagesOf(engine: Engine, socket = running.socket): Promise<EngineImages> {
      return engine.connectEngine({ kind: 'unix', path: socket }).source();
    }

    it('lists what the engine lists', async () => {
      const source = await imagesOf(newEngine());
      const entries = await source.list();
      const own = entries.flatMap(({ engineId = '', names }) =>
        names.length === 0 ? [`${engineId} <none>`] : names.map((each) => `${engineId} ${shown(each)}`),
      );
      assert.deepEqual([...own].sort(), await listedBy(running));
      assert.ok(
        entries.some(({ names }) => names.length === 0),
        'one is dangling',
      );
    });

    it('finds an image by name, by ID and by digest, without the list', async () => {
      const source = await imagesOf(newEngine());
      const { engineId = '', names } = await source.find('built:1');
      const [, hex = ''] = engineId.split(':');
      for (const each of [engineId, hex, hex.slice(0, 12), ...names]) {
        const found = await source.find(each);
        assert.equal(found.engineId, engineId, each);
      }
      if (running.store === 'containerd')
        assert.equal((await source.find(`built@${engineId}`)).engineId, engineId);
      await assert.rejects(source.find('nobody:1'), (error) => isEngineError(error, 'not-found'));
    });

    it('shows an image at once, and with its layers as a saved archive shows it', async () => {
      for (const entry of await (await imagesOf(newEngine())).list()) {
        // Each by itself: what shares all its layers with another would have no need of a stream.
        const engine = newEngine();
        const source = await imagesOf(engine);
        for (const variant of entry.variants.filter(({ isAvailable }) => isAvailable)) {
          const what = `${entry.names.join() || entry.engineId} ${variant.platform?.architecture ?? ''}`;
          const early = await engine.image(source, entry, variant);
          const indexes = await indexesOf(engine, early);
          const late = await learned(engine, [source, entry, variant]);
          assert.equal(late.id, early.id, what);
          assert.deepEqual(stepsOf(early), stepsOf(late), what);
          assert.deepEqual(early.problems, late.problems, what);
          const archived = await savedImage(engine, running, entry, late);
          assert.deepEqual(await indexesOf(engine, archived), indexes, what);
          await requireSame(engine, late, archived, what);
        }
      }
    });

    it('asks for no save stream when an image is opened again, or brings nothing new', async () => {
      await using proxy = await startCountingProxy(running.socket);
      const directory = tempDir().path;
      const first = newEngine(directory);
      const firstImages = await imagesOf(first, proxy.socket);
      await readAll(first, firstImages, 'built:1');
      await learned(first, await firstOf(firstImages, 'built:1'));
      assert.equal(proxy.saves, 1);
      const second = newEngine(directory);
      const images = await imagesOf(second, proxy.socket);
      const image = await readAll(second, images, 'built:1');
      assert.equal(image.core.isProvisional, undefined);
      // Its layers are those of the other, with another config.
      await readAll(second, images, 'labelled:1');
      assert.equal(proxy.saves, 1);
    });

    it('brings only the layers that are not known', async () => {
      await using proxy = await startCountingProxy(running.socket);
      const directory = tempDir().path;
      const engine = newEngine(directory);
      const images = await imagesOf(engine, proxy.socket);
      await readAll(engine, images, 'dive-test:latest');
      const before = cachedBlobs(directory);
      const built = await readAll(engine, images, 'built:1');
      assert.equal(proxy.saves, 2);
      const base = await engine.image(...(await firstOf(images, 'dive-test:latest')));
      const fresh = new Set(built.layers.slice(base.layers.length).map(({ diffId }) => diffId));
      assert.equal(cachedBlobs(directory).length - before.length, fresh.size);
    });

    it('opens two images at once, each by one stream', async () => {
      await using proxy = await startCountingProxy(running.socket);
      const engine = newEngine();
      const images = await imagesOf(engine, proxy.socket);
      await Promise.all(['built:1', 'debian:bookworm'].map((each) => readAll(engine, images, each)));
      assert.equal(proxy.saves, 2);
    });

    it('leaves the stream when the last who waits cancels, and can be asked again', async () => {
      await using proxy = await startCountingProxy(running.socket);
      const directory = tempDir().path;
      const engine = newEngine(directory);
      const [source, entry, variant] = await firstOf(await imagesOf(engine, proxy.socket), 'debian:bookworm');
      const image = await engine.image(source, entry, variant);
      const abort = new AbortController();
      const reading = engine.layerIndex(image, 0, {
        signal: abort.signal,
        onProgress: ({ done }) => {
          if (done > 0) abort.abort();
        },
      });
      await assert.rejects(reading, (error) => isEngineError(error, 'cancelled'));
      await eventually(() => unfinished(directory).length === 0 && proxy.open === 0);
      await indexesOf(engine, image);
      assert.equal(proxy.saves, 2);
    });

    it('says that an engine has gone in the middle, leaves nothing half, and goes on when it is back', async () => {
      const directory = tempDir().path;
      const engine = newEngine(directory);
      const [source, entry, variant] = await firstOf(await imagesOf(engine), 'debian:bookworm');
      const image = await engine.image(source, entry, variant);
      let halting: Promise<void> | undefined;
      const reading = engine.layerIndex(image, 0, {
        onProgress: ({ done }) => {
          if (done > 0) halting ??= running.halt();
        },
      });
      await assert.rejects(reading, (error) => isEngineError(error, 'unreachable'));
      await halting;
      assert.deepEqual(unfinished(directory), []);
      await running.startAgain();
      const [index] = await indexesOf(engine, image);
      assert.ok(index !== undefined && index.length > 100_000);
    });

    // The other stores take no image without its layers.
    if (name.includes('containerd'))
      it('says which layers an engine has lost, and shows the rest', async () => {
        await running.cli(['load', '-i', withoutLayer()]);
        const engine = newEngine();
        const [source, entry, variant] = await firstOf(await imagesOf(engine), 'lost:1');
        assert.equal(variant.isAvailable, true);
        const image = await engine.image(source, entry, variant);
        assert.equal(image.steps.length, 2);
        const index = await engine.layerIndex(image, 1);
        assert.deepEqual(
          index.problems.map(({ code }) => code),
          ['blob-missing'],
        );
        await assert.rejects(engine.store.import(source, entry, undefined), (error) =>
          isEngineError(error, 'not-found'),
        );
        await running.cli(['rmi', 'lost:1']);
      });

    it('moves an image into the store and back, with its layers and digests', async () => {
      const engine = newEngine();
      const connection = engine.connectEngine({ kind: 'unix', path: running.socket });
      const [source, entry, variant] = await firstOf(await connection.source(), 'built:1');
      const { target } = await engine.store.import(source, entry, 'moved/built:2');
      const store = await engine.store.source();
      const [stored] = await store.list();
      assert.ok(stored !== undefined);
      const reports: number[] = [];
      const { warnings } = await connection.load([{ source: store, entry: stored, names: ['back:3'] }], {
        onProgress: ({ done }) => reports.push(done),
      });
      assert.deepEqual(warnings, []);
      assert.ok(reports.length > 0 && reports.every((done, at) => at === 0 || done > (reports[at - 1] ?? 0)));
      const back = await firstOf(await connection.source(), 'back:3');
      assert.equal(back[1].engineId, entry.engineId);
      if (running.store === 'containerd') assert.equal(target.digest, entry.target?.digest);
      const before = await engine.image(source, entry, variant);
      const after = await engine.image(...back);
      assert.deepEqual(diffIdsOf(after), diffIdsOf(before));
      assert.equal(after.imageId, before.imageId);
      await running.cli(['rmi', 'back:3']);
    });
  });

async function makeImages(running: RunningEngine): Promise<void> {
  const { cli, build, store } = running;
  await cli(['load', '-i', baseArchive]);
  if (store === 'podman')
    await cli(['tag', 'localhost/dive-test:latest', 'docker.io/library/dive-test:latest']).catch(
      () => undefined,
    );
  await cli(['import', await ensureDebianTar(), 'docker.io/library/debian:bookworm']);
  await build('built:1', dockerfile);
  await build('labelled:1', 'FROM built:1\nLABEL x=y\n');
  await build(undefined, 'FROM dive-test:latest\nRUN echo dangling > /dangling\n');
  if (store !== 'podman') await build('classic:1', dockerfile, 'classic');
  const id = (await cli(['create', '--network=host', 'built:1', 'true'])).trim();
  await cli(['cp', baseArchive, `${id}:/data.tar`]);
  await cli([
    'commit',
    ...(store === 'podman' ? ['-f', 'docker'] : []),
    '-m',
    'a message & <more>',
    '--change',
    'ENV A=b',
    id,
    'committed:1',
  ]);
  await cli(['rm', id]);
  await cli(['tag', 'committed:1', 'registry.example:5000/team/app:2']);
  if (store === 'containerd') await cli(['load', '-i', twoPlatforms()]);
}

/** An image of two platforms, with attestations, whose layers are packed. */
function twoPlatforms(): string {
  const platforms = ['amd64', 'arm64'].map((architecture) =>
    buildImage([{ 'etc/arch': architecture }, { 'etc/more': `${architecture} more` }], {
      compression: 'gzip',
      architecture,
    }),
  );
  const entry = { names: ['docker.io/library/platforms:1'], platforms, attestation: 'artifact' as const };
  return writeOciArchive(entry, tempDir().file('platforms.tar'));
}

/** An archive whose image lacks a layer; the containerd store takes it. */
function withoutLayer(): string {
  const names = ['docker.io/library/lost:1'];
  const image = buildImage([{ a: '1' }, { b: '2' }], { compression: 'gzip', names });
  const lost = blobName(image.layers[1]?.digest ?? '');
  return writeDockerArchive(image, tempDir().file('lost.tar'), {
    shape: 'containerd',
    change: (all) => all.filter(({ name }) => name !== lost),
  });
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** What `docker images` shows, with the dangling ones that it hides since 29, and without what only builds have left. */
async function listedBy({ cli, store }: RunningEngine): Promise<readonly string[]> {
  const list = ['images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'];
  const shownOnes = await cli(list);
  const dangling = await cli([...list, '--filter', 'dangling=true']);
  const lines = new Set(`${shownOnes}\n${dangling}`.split('\n').filter((line) => line !== ''));
  const names = [...lines].map((line) => line.replace(/<none>:<none>$/, '<none>'));
  return names.map((line) => (store === 'podman' ? familiarLine(line) : line)).sort();
}

function familiarLine(line: string): string {
  const [id = '', name = ''] = line.split(' ');
  return `${id} ${name === '<none>' ? name : shown(name)}`;
}

function shown(name: string): string {
  return familiarName(name);
}

type Opened = readonly [ImageSource, ImageEntry, ImageEntry['variants'][number]];

async function firstOf(source: EngineImages, name: string): Promise<Opened> {
  const entry = await source.find(name);
  const [variant] = entry.variants;
  assert.ok(variant !== undefined);
  return [source, entry, variant];
}

async function readAll(engine: Engine, source: EngineImages, name: string): Promise<Image> {
  const opened = await firstOf(source, name);
  await indexesOf(engine, await engine.image(...opened));
  return engine.image(...opened);
}

/** The image with its true config, which may come in the stream behind the last layer. */
async function learned(engine: Engine, opened: Opened): Promise<Image> {
  for (let waited = 0; ; waited += 20) {
    const image = await engine.image(...opened);
    if (image.core.isProvisional !== true) return image;
    assert.ok(waited < 10_000, 'its config did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function indexesOf(engine: Engine, image: Image): Promise<readonly string[]> {
  const indexes = image.layers.map(({ position }) => engine.layerIndex(image, position));
  return (await Promise.all(indexes)).map(describeIndex);
}

/** The same image in an archive that the engine's own CLI has saved. */
async function savedImage(
  engine: Engine,
  { cli, store }: RunningEngine,
  entry: ImageEntry,
  image: Image,
): Promise<Image> {
  const file = tempDir().file('saved.tar');
  const names = entry.names.length > 0 ? entry.names : [entry.engineId ?? ''];
  const format = store === 'podman' ? ['--format', 'docker-archive'] : [];
  await cli(['save', ...format, '-o', file, ...names.slice(0, store === 'podman' ? 1 : undefined)]);
  const source = await engine.open(file);
  const manifest = image.core.manifest?.descriptor.digest;
  for (const each of await source.list())
    for (const variant of each.variants)
      if (manifest === undefined || variant.manifest?.digest === manifest)
        return engine.image(source, each, variant);
  throw new Error('the archive lacks the image');
}

async function requireSame(engine: Engine, image: Image, archived: Image, what: string): Promise<void> {
  assert.equal(textOf(image.core.configBytes), textOf(archived.core.configBytes), what);
  assert.equal(image.imageId, archived.imageId, what);
  assert.deepEqual(diffIdsOf(image), diffIdsOf(archived), what);
  if (image.core.manifest !== undefined)
    assert.equal(textOf(image.core.manifest.bytes), textOf(archived.core.manifest?.bytes), what);
  assert.deepEqual(await historyOf(engine, image), await historyOf(engine, archived), what);
  assert.deepEqual(await inspected(engine, image), await inspected(engine, archived), what);
}

async function historyOf(engine: Engine, image: Image): Promise<readonly object[]> {
  // An archive links only the parents that lie in it.
  return (await engine.history(image, 'classic')).map((row) => without(row, 'id'));
}

async function inspected(engine: Engine, image: Image): Promise<object> {
  return without(await engine.inspect(image, 'classic'), 'Parent', 'RepoTags');
}

function without(object: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function stepsOf({ steps }: Image): readonly object[] {
  return steps.map(({ item, layer }) => ({
    layer,
    createdBy: item?.createdBy,
    comment: item?.comment,
    seconds: parseRfc3339(item?.created ?? '')?.seconds,
  }));
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

function diffIdsOf({ layers }: Image): readonly (string | undefined)[] {
  return layers.map(({ diffId }) => diffId);
}

function cacheFiles(directory: string): readonly string[] {
  try {
    return readdirSync(path.join(directory, 'fetched', 'v1'));
  } catch {
    return [];
  }
}

/** Documents come whole, and a layer that has come before the end is a layer. */
function unfinished(directory: string): readonly string[] {
  return cacheFiles(directory).filter((each) => !each.endsWith('.document'));
}

function cachedBlobs(directory: string): readonly string[] {
  return cacheFiles(directory).filter((each) => each.endsWith('.blob'));
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 20) {
    assert.ok(waited < 10_000, 'it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
