import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../src/engine/oci/mediaType.ts';
import { familiarName } from '../../src/engine/oci/reference.ts';
import { collectGarbage } from '../../src/engine/store/collectGarbage.ts';
import { openDiskStore } from '../../src/engine/store/openDiskStore.ts';
import { ImageStore } from '../../src/engine/transfer/imageStore.ts';
import { type DockerEngine, startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { requireTool } from '../machine/oracleTools.mjs';
import { openPodmanStore, type PodmanStore } from '../machine/podmanStore.mjs';
import { run } from '../machine/processes.mjs';
import {
  type SavedArchives,
  type SavedExample,
  savedExamples,
  saveExamples,
} from '../support/savedExamples.ts';
import { tagsOf } from '../support/storeFixture.ts';
import { tempDir } from '../support/tempDir.ts';

/** Saved archives loaded by engines and tools of others: the same layers, digests and files come out of them. */
describe('saved images', function () {
  this.timeout(180_000);
  let saved: SavedArchives;
  before(async () => {
    saved = await saveExamples();
  });

  const engines = {
    'Docker Engine 20.10': startDocker20,
    'Docker Engine 29, containerd store': () => startDocker29({ store: 'containerd' }),
    'Docker Engine 29, classic store': () => startDocker29({ store: 'classic' }),
  };
  for (const [name, start] of Object.entries(engines))
    describe(name, () => {
      let engine: DockerEngine;
      before(async function () {
        engine = await orSkip(this, start);
      });
      after(() => (engine as DockerEngine | undefined)?.stop());

      // While the engine is empty: later it puts blobs that it has already into the manifest it writes.
      if (name.includes('containerd'))
        it('calls an archive without manifests what the store calls it', async () => {
          const stored = await tagsOf(saved.directory);
          for (const example of savedExamples.filter((each) => each.isBare === true)) {
            await engine.docker(['load', '-i', example.location()]);
            assert.equal(await idOf(engine, example.name), stored.get(example.name), example.what);
            await engine.docker(['rmi', '-f', example.name]);
          }
        });

      const isOld = name.includes('20.10');
      for (const example of savedExamples)
        it(`loads ${example.what}`, async () => {
          if (isOld && example.needsDocker23 === true) {
            // zstd came with 23.0: the old engine must say so, and keep nothing.
            await assert.rejects(
              engine.docker(['load', '-i', saved.archive('docker-archive', example.name)]),
            );
            return;
          }
          const output = await engine.docker(['load', '-i', saved.archive('docker-archive', example.name)]);
          assert.equal(output.trim(), `Loaded image: ${familiarName(example.name)}`);
          await requireSame(engine, example);
          if (name.includes('containerd'))
            assert.equal(await idOf(engine, example.name), (await tagsOf(saved.directory)).get(example.name));
          await engine.docker(['rmi', '-f', example.name]);
        });

      // One of them is zstd, which the old engine does not know.
      if (!isOld)
        it('loads all of them from one archive', async () => {
          await engine.docker(['load', '-i', saved.archive('docker-archive')]);
          for (const example of savedExamples) await requireSame(engine, example);
        });

      if (name.includes('containerd'))
        it('loads OCI archives, digests kept', async () => {
          for (const example of savedExamples) await engine.docker(['rmi', '-f', example.name]);
          await engine.docker(['load', '-i', saved.archive('oci-archive')]);
          for (const example of savedExamples) await requireSame(engine, example);
        });
    });

  describe('podman', () => {
    let store: PodmanStore;
    before(async function () {
      store = await orSkip(this, openPodmanStore);
    });
    after(() => {
      (store as PodmanStore | undefined)?.stop();
    });

    for (const format of ['docker-archive', 'oci-archive'] as const)
      for (const { what, name, image, files } of savedExamples)
        it(`loads ${what} from its ${format}`, async () => {
          await store.podman(['load', '-q', '-i', saved.archive(format, name)]);
          const format_ = '{{.Id}} {{json .RootFS.Layers}}';
          const [id, layers] = (await store.podman(['image', 'inspect', '--format', format_, name]))
            .trim()
            .split(' ');
          assert.deepEqual(
            JSON.parse(layers ?? ''),
            image.layers.map(({ diffId }) => diffId),
          );
          assert.equal(`sha256:${id ?? ''}`, image.imageId);
          const container = (await store.podman(['create', name, 'none'])).trim();
          assert.deepEqual(await exported((args) => store.podman(args), container), files);
          await store.podman(['rm', container]);
          await store.podman(['rmi', '-f', name]);
        });
  });

  describe('skopeo and umoci', () => {
    let tools: { readonly skopeo: string; readonly umoci: string };
    before(async function () {
      tools = await orSkip(this, () =>
        Promise.resolve({ skopeo: requireTool('skopeo'), umoci: requireTool('umoci') }),
      );
    });

    for (const { what, name, image, files } of savedExamples) {
      it(`copy ${what} from its OCI archive, layers kept, and unpack it`, async () => {
        const from = `oci-archive:${saved.archive('oci-archive', name)}:${name}`;
        assert.deepEqual(
          await layersOf(from),
          image.layers.map(({ digest }) => digest),
        );
        // umoci 0.4 knows no zstd.
        if (image.layers[0]?.compression !== 'zstd') assert.deepEqual(await unpacked(from), files);
      });

      it(`copy ${what} from its docker archive`, async () => {
        const from = `docker-archive:${saved.archive('docker-archive', name)}:${name}`;
        assert.deepEqual(await unpacked(from), files);
      });
    }

    it('find every image in the archive of all', async () => {
      for (const { name, image } of savedExamples) {
        const digests = image.layers.map(({ digest }) => digest);
        assert.deepEqual(await layersOf(`oci-archive:${saved.archive('oci-archive')}:${name}`), digests);
        await run(tools.skopeo, ['inspect', `docker-archive:${saved.archive('docker-archive')}:${name}`]);
      }
    });

    it('read the store itself', async () => {
      const names = (await run(tools.umoci, ['list', '--layout', saved.directory])).trim().split('\n');
      assert.deepEqual(names.sort(), savedExamples.map(({ name }) => name).sort());
      const stored = await tagsOf(saved.directory);
      // Manifests of Docker's types are none to them.
      for (const { name, image } of savedExamples.filter(
        (each) => each.image.mediaType === mediaTypes.ociManifest,
      )) {
        const from = `oci:${saved.directory}:${name}`;
        assert.deepEqual(
          await layersOf(from),
          image.layers.map(({ digest }) => digest),
        );
        const raw = await run(tools.skopeo, ['inspect', '--raw', from]);
        assert.equal(digestOf(Buffer.from(raw)), stored.get(name));
      }
    });

    it('read the store after tags, removals and garbage collection', async () => {
      const store = new ImageStore(saved.directory);
      const [gzip, plain] = savedExamples;
      await store.tag('other:2', gzip!.image.manifestDigest);
      await store.remove(plain!.name);
      await collectGarbage(await openDiskStore(saved.directory), { isDryRun: false, graceMs: -1 });
      const names = (await run(tools.umoci, ['list', '--layout', saved.directory])).trim().split('\n');
      assert.ok(names.includes('docker.io/library/other:2') && !names.includes(plain!.name));
      assert.deepEqual(await unpacked(`oci:${saved.directory}:docker.io/library/other:2`), gzip!.files);
      assert.deepEqual(await store.verify(), []);
    });

    it('write into the store, and that is seen and kept', async () => {
      const store = new ImageStore(saved.directory);
      const from = `oci:${saved.directory}:docker.io/library/gzip:1`;
      await run(tools.skopeo, ['copy', '-q', from, `oci:${saved.directory}:docker.io/library/theirs:1`]);
      await store.tag('ours:1', savedExamples[0]!.image.manifestDigest);
      const stored = await tagsOf(saved.directory);
      assert.equal(stored.get('docker.io/library/theirs:1'), savedExamples[0]!.image.manifestDigest);
      assert.deepEqual(await store.verify(), []);
    });

    async function layersOf(from: string): Promise<unknown> {
      const output = await run(tools.skopeo, ['inspect', '--override-arch', 'amd64', from]);
      return (JSON.parse(output) as { readonly Layers: unknown }).Layers;
    }

    /** What is below `/app` when umoci unpacks what skopeo copied. */
    async function unpacked(from: string): Promise<readonly string[]> {
      const folder = tempDir();
      const copy = ['copy', '-q', '--override-arch', 'amd64', from, `oci:${folder.file('layout')}:copy`];
      await run(tools.skopeo, copy);
      await run(tools.umoci, [
        'unpack',
        '--rootless',
        '--image',
        `${folder.file('layout')}:copy`,
        folder.file('bundle'),
      ]);
      return namesBelow(folder.file('bundle', 'rootfs', 'app'));
    }
  });
});

async function idOf(engine: DockerEngine, name: string): Promise<string> {
  return (await engine.docker(['image', 'inspect', '--format', '{{.Id}}', name])).trim();
}

async function requireSame(engine: DockerEngine, { name, image, files }: SavedExample): Promise<void> {
  const output = await engine.docker(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', name]);
  assert.deepEqual(
    JSON.parse(output),
    image.layers.map(({ diffId }) => diffId),
  );
  const container = (await engine.docker(['create', name, 'none'])).trim();
  assert.deepEqual(await exported((args) => engine.docker(args), container), files);
  await engine.docker(['rm', container]);
}

/** What a container sees below `/app`. */
async function exported(
  engine: (args: readonly string[]) => Promise<string>,
  container: string,
): Promise<readonly string[]> {
  const folder = tempDir();
  mkdirSync(folder.file('tree'));
  await engine(['export', '-o', folder.file('tree.tar'), container]);
  await run('tar', ['-C', folder.file('tree'), '-xf', folder.file('tree.tar'), '--no-same-owner', 'app']);
  const names = namesBelow(folder.file('tree', 'app'));
  rmSync(folder.path, { recursive: true });
  return names;
}

function namesBelow(directory: string, prefix = ''): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory()
        ? [name, ...namesBelow(path.join(directory, entry.name), `${name}/`)]
        : [name];
    })
    .sort();
}
